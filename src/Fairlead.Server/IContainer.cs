using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Server;

/// <summary>One container of a runtime.</summary>
public interface IContainer
{
    /// <summary>The main process runs: exec and attach are possible.</summary>
    bool IsRunning { get; }

    /// <summary>
    /// Runs one more command in the container, moves its bytes through the session and returns when it ended and its output was
    /// written to the session (drained). The caller ends the session with the returned status.
    /// </summary>
    /// <returns>
    /// Success, a non-zero exit code (126 and 127 for a command that cannot be run or does not exist, 128+n for a signal), or an
    /// internal error. Never throws for what the command or the client did; a lost client (<see cref="AnsweringSession.Lost"/>)
    /// makes it apply the runtime's policy and return. A runtime that only passes the command on to another server leaves a lost client's
    /// command to that server's habits.
    /// </returns>
    Task<Status> ExecAsync(AnsweringSession session);

    /// <summary>
    /// Its main process, for attach and logs. A command does not need it, and a runtime may have to be asked for it once more.
    /// </summary>
    /// <returns>Null when the container has been removed meanwhile.</returns>
    ValueTask<IMainProcess?> FindMainProcessAsync(CancellationToken cancellationToken);
}
