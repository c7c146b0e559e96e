using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Server;

/// <summary>One container of a runtime.</summary>
public interface IContainer
{
    /// <summary>The main process runs: exec and attach are possible.</summary>
    bool IsRunning { get; }

    /// <summary>The main process has a terminal. Attach follows it, whatever the client asked for.</summary>
    bool HasTerminal { get; }

    /// <summary>
    /// Runs one more command in the container, moves its bytes through the session and returns when it ended and its output was
    /// written to the session (drained). The caller ends the session with the returned status.
    /// </summary>
    /// <returns>
    /// Success, a non-zero exit code (126 and 127 for a command that cannot be run or does not exist, 128+n for a signal), or an
    /// internal error. Never throws for what the command or the client did; a lost client (<see cref="AnsweringSession.Lost"/>)
    /// makes it apply the runtime's policy and return.
    /// </returns>
    Task<Status> ExecAsync(AnsweringSession session);

    /// <summary>
    /// Joins the main process's output, and its input when asked for, until the process ends, the client ends its input where that
    /// detaches, or the client is lost.
    /// </summary>
    Task<Status> AttachAsync(AnsweringSession session);

    /// <summary>Writes the container's log to <paramref name="output"/> and returns at its end, or follows it until cancelled.</summary>
    Task WriteLogAsync(ContainerLogQuery query, PipeWriter output, CancellationToken cancellationToken);
}

/// <summary>What part of a log is wanted, as the pod log endpoint asks it.</summary>
public sealed record ContainerLogQuery
{
    /// <summary>Stay and write what is added.</summary>
    public bool Follow { get; init; }

    /// <summary>Only the last lines; null for all that is kept.</summary>
    public long? TailLines { get; init; }

    /// <summary>Only what was written since; null for all that is kept.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Each line begins with its RFC 3339 time.</summary>
    public bool Timestamps { get; init; }

    /// <summary>Stop after so many bytes; null for no limit.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>The log of the container's previous run.</summary>
    public bool Previous { get; init; }
}
