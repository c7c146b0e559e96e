namespace Fairlead.Files.Shells;

/// <summary>Where the shells of one place in a container come from.</summary>
/// <param name="Start">Starts a command there, with input and both outputs.</param>
/// <param name="Where">The place, for people.</param>
/// <param name="Patience">How long a shell may say nothing while it is waited for.</param>
/// <param name="Time">The clock of that limit.</param>
sealed record ShellSource(Func<IReadOnlyList<string>, CancellationToken, Task<IShellProcess>> Start, string Where, TimeSpan Patience,
    TimeProvider Time)
{
    internal static ShellSource Of(StreamingClient client, PodReference pod, string path, CopyOptions options)
    {
        ExecOptions exec = options.Exec with { Stdin = true, Stdout = true, Stderr = true, Tty = false };
        return new ShellSource(
            async (command, cancellationToken) => new ExecShellProcess(await client.ExecAsync(pod, command, exec, cancellationToken)),
            $"{pod.Namespace ?? client.Endpoint.DefaultNamespace}/{pod.Name}{(pod.Container is null ? "" : "/" + pod.Container)}:{path}",
            options.AnswerTimeout,
            TimeProvider.System);
    }

    /// <summary>Starts one. Nothing is waited for but the server's word that it runs.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="known">What an earlier one has found there; null where there was none.</param>
    internal async Task<RemoteShell> OpenAsync(CancellationToken cancellationToken, ShellTools? known = null)
    {
        string word = ShellScript.NewWord();
        IShellProcess process = await Start(ShellScript.Command, cancellationToken);
        return await RemoteShell.BeginAsync(process, word, this, known, cancellationToken);
    }
}
