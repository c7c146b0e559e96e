namespace Fairlead.Cli.Sessions;

/// <summary>A container without the shell that was asked for: most images of one program have none.</summary>
static class MissingShell
{
    static readonly string[] s_shells = ["sh", "ash", "bash", "dash", "zsh", "ksh", "fish", "busybox"];

    /// <summary>
    /// How runtimes say that there is no such program. A shell that ran, and did not find another program, is not quoted so.
    /// </summary>
    static readonly string[] s_words = ["executable file not found", "no such file or directory"];

    /// <returns>What to do; null where the command is no shell, or failed for another reason.</returns>
    /// <param name="command">The command.</param>
    /// <param name="said">What the server said of its failure.</param>
    /// <param name="pod">Where it was to run.</param>
    public static string? Hint(IReadOnlyList<string> command, string? said, PodReference pod)
    {
        string name = command[0].Split('/')[^1];
        if (said is null || !s_shells.Contains(name) || !said.Contains($"\"{command[0]}\"", StringComparison.Ordinal)) return null;
        if (!s_words.Any(words => said.Contains(words, StringComparison.Ordinal))) return null;
        if (command[0] is not ("sh" or "/bin/sh"))
            return $"The container has no {name} there. Try: fairlead exec -it -n {pod.Namespace} {pod.Name} -- sh";
        string target = pod.Container is { } container ? $" --target={container}" : "";
        return "The container has no shell. Run a program that it has, or bring a shell: "
            + $"kubectl debug -it -n {pod.Namespace} {pod.Name} --image=busybox{target}";
    }
}
