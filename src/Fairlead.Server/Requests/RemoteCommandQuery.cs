using Fairlead.Streaming.RemoteCommand;

namespace Fairlead.Server.Requests;

/// <summary>What an exec or attach asks for by its query: one reading for who answers it and for who tells of it.</summary>
public static class RemoteCommandQuery
{
    /// <summary>Reads it.</summary>
    /// <param name="query">The query.</param>
    /// <param name="isExec">An exec, which has a command.</param>
    /// <param name="isKubelet">By the names of a kubelet's paths, where only <c>1</c> is true.</param>
    /// <param name="terminal">Whether there is a terminal, where that is not the query's to say.</param>
    public static RemoteCommandRequest Read(QueryParameters query, bool isExec, bool isKubelet, bool? terminal = null)
    {
        ArgumentNullException.ThrowIfNull(query);
        bool tty = terminal ?? Flag("tty");
        return new RemoteCommandRequest
        {
            Command = isExec ? query.All("command") : [],
            Stdin = Flag(isKubelet ? "input" : "stdin"),
            Stdout = Flag(isKubelet ? "output" : "stdout"),
            Stderr = Flag(isKubelet ? "error" : "stderr") && !tty, // a terminal has one output; asking for both is tolerated
            Tty = tty,
        };

        bool Flag(string name) => isKubelet ? query.First(name) == "1" : query.Boolean(name);
    }

    /// <returns>Null, or why nothing can be done with it: no stream is asked for, or an exec has no command.</returns>
    internal static string? ProblemOf(RemoteCommandRequest request, bool isExec) =>
        request is { Stdin: false, Stdout: false, Stderr: false } ? "you must specify at least 1 of stdin, stdout, stderr"
        : isExec && request.Command.Count == 0 ? "you must specify a command to run"
        : null;
}
