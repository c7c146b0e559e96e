using System.IO.Pipelines;

namespace Fairlead;

/// <summary>A command from its start to its end, in one call.</summary>
public sealed partial class StreamingClient
{
    /// <summary>The most that <see cref="RunAsync(PodReference, IReadOnlyList{string}, string?, int, CancellationToken)"/> keeps of each
    /// output by default. 16 MiB.</summary>
    internal const int DefaultMostBytes = 16 * 1024 * 1024;

    /// <summary>
    /// Runs a command to its end and gives back what it said. Both outputs are read at once, so that none holds up the other.
    /// </summary>
    /// <param name="pod">Where.</param>
    /// <param name="command">The command and its arguments: no shell, no splitting.</param>
    /// <param name="input">What it reads, as UTF-8, with an end behind it; null for an empty input.</param>
    /// <param name="mostBytes">The most that is kept of each output.</param>
    /// <param name="cancellationToken">Gives the command up: its server takes the client for lost.</param>
    /// <exception cref="OutputLimitException">An output is longer than <paramref name="mostBytes"/>; the command was given up.</exception>
    /// <exception cref="SessionLostException">The session was lost before its status: never success.</exception>
    /// <exception cref="RemoteCommandException">The server could not run the command.</exception>
    /// <inheritdoc cref="ExecAsync" path="/exception"/>
    public async Task<CommandResult> RunAsync(
        PodReference pod, IReadOnlyList<string> command, string? input = null, int mostBytes = DefaultMostBytes,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(mostBytes);
        using MemoryStream? given = input is null ? null : new(System.Text.Encoding.UTF8.GetBytes(input));
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using RemoteProcess run = await ExecAsync(pod, command, new ExecOptions { Stdin = given is not null }, cancellationToken);
        Task<string> output = run.StandardOutput.ReadToEndAsync(mostBytes, over.Token),
            error = run.StandardError.ReadToEndAsync(mostBytes, over.Token);
        ExitStatus exit = await FinishAsync(run, given, [output, error], over);
        return new CommandResult(exit, await output, await error);
    }

    /// <summary>Runs a command to its end, with its input and outputs as streams of any length.</summary>
    /// <param name="pod">Where.</param>
    /// <param name="command">The command and its arguments: no shell, no splitting.</param>
    /// <param name="input">What it reads, to this stream's end; null for an empty input. Not disposed.</param>
    /// <param name="output">Takes its standard output; null to drop it. Not disposed.</param>
    /// <param name="error">Takes its error output; null to drop it. Not disposed.</param>
    /// <param name="cancellationToken">Gives the command up: its server takes the client for lost.</param>
    /// <exception cref="SessionLostException">The session was lost before its status: never success.</exception>
    /// <exception cref="RemoteCommandException">The server could not run the command.</exception>
    /// <inheritdoc cref="ExecAsync" path="/exception"/>
    public async Task<ExitStatus> RunAsync(
        PodReference pod, IReadOnlyList<string> command, Stream? input, Stream? output, Stream? error,
        CancellationToken cancellationToken = default)
    {
        // Servers refuse a command without any channel; an output that nobody has taken is dropped.
        ExecOptions options = new()
        {
            Stdin = input is not null,
            Stdout = output is not null || (input is null && error is null),
            Stderr = error is not null,
        };
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using RemoteProcess run = await ExecAsync(pod, command, options, cancellationToken);
        List<Task> outputs = [];
        if (output is not null) outputs.Add(run.StandardOutput.CopyToAsync(output, over.Token));
        if (error is not null) outputs.Add(run.StandardError.CopyToAsync(error, over.Token));
        return await FinishAsync(run, input, outputs, over);
    }

    /// <summary>
    /// Whatever fails first ends the rest, and is what the caller is told. Nothing is waited for that may never end: neither an input that
    /// nobody types, nor an output that nobody takes.
    /// </summary>
    /// <param name="run">The command.</param>
    /// <param name="input">Its input; null for none.</param>
    /// <param name="outputs">What reads its outputs.</param>
    /// <param name="over">Ends all of that; linked with the caller's token.</param>
    static async Task<ExitStatus> FinishAsync(
        RemoteProcess run, Stream? input, IReadOnlyList<Task> outputs, CancellationTokenSource over)
    {
        Task sending = input is null ? Task.CompletedTask : SendAsync(run.StandardInput, input, over.Token);
        Task<ExitStatus> exit = run.WaitForExitAsync(over.Token).AsTask();
        List<Task> open = [exit, .. outputs, sending];
        try
        {
            while (open.Count > 0)
            {
                Task first = await Task.WhenAny(open);
                open.Remove(first);
                await first;
                if (first == exit) open.Remove(sending); // a command that has ended reads no more
            }

            return await exit;
        }
        catch
        {
            run.Abort();
            throw;
        }
        finally
        {
            await over.CancelAsync();
            foreach (Task task in (Task[])[exit, sending, .. outputs])
                _ = task.ContinueWith(static left => left.Exception, TaskScheduler.Default); // the first failure was told
        }
    }

    /// <summary>
    /// A command may end its input before it was read: that is its own business, and what it says of it is its exit code.
    /// </summary>
    static async Task SendAsync(PipeWriter writer, Stream input, CancellationToken cancellationToken)
    {
        await Task.Yield(); // some streams block
        try
        {
            while (await input.ReadAsync(writer.GetMemory(), cancellationToken) is > 0 and int count)
            {
                writer.Advance(count);
                if ((await writer.FlushAsync(cancellationToken)).IsCompleted) return;
            }

            await writer.CompleteAsync();
        }
        catch (SessionLostException)
        {
            // the exit says it too, or is known already
        }
    }
}
