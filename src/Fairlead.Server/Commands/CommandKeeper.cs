using System.Collections.Concurrent;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Commands;

/// <summary>
/// The one owner of a runtime's started commands: runs a session for each, and keeps what goes on after its session has ended.
/// </summary>
public sealed class CommandKeeper : IAsyncDisposable
{
    readonly ConcurrentDictionary<Task, byte> _running = new();
    readonly CancellationTokenSource _stopping = new();
    readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _disposed;

    /// <param name="options">How they are dealt with.</param>
    /// <param name="logger">Where it is told what could not be started, and what failed.</param>
    /// <param name="time">The clock; the system's when null.</param>
    public CommandKeeper(CommandOptions options, ILogger logger, TimeProvider? time = null)
    {
        (Options, Logger, Time) = (options, logger, time ?? TimeProvider.System);
        Stopping = _stopping.Token;
        Stopping.UnsafeRegister(static stopped => ((TaskCompletionSource)stopped!).SetResult(), _stopped);
    }

    internal CommandOptions Options { get; }

    internal ILogger Logger { get; }

    internal TimeProvider Time { get; }

    /// <summary>Sessions that run, and what goes on after theirs.</summary>
    internal int Count => _running.Count;

    /// <summary>Fires when the runtime goes: sessions end their commands, and what was kept is ended too.</summary>
    public CancellationToken Stopping { get; }

    /// <summary><see cref="Stopping"/> as a task: to wait for it leaves nothing behind in a token that outlives the wait.</summary>
    internal Task Stopped => _stopped.Task;

    /// <summary>
    /// Runs one command for one client: starts it, moves its bytes through the session and returns when it ended and its output was written
    /// to the session (drained), or when the client was lost and <see cref="CommandOptions.LostClient"/> was applied. The caller ends the
    /// session with the status.
    /// </summary>
    /// <returns>Success, an exit code, or an internal error. Never throws for what the command or the client did.</returns>
    public Task<Status> RunAsync(AnsweringSession session, ICommandStarter starter)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(starter);
        return FollowAsync(session, command => command.RunAsync(starter));
    }

    /// <summary>The same from where an earlier process of the server left off: the command was started there, and suspended.</summary>
    /// <param name="session">The session, which was restored.</param>
    /// <param name="command">The command, which is this keeper's from here on.</param>
    /// <param name="input">How far its input had come.</param>
    public Task<Status> ResumeAsync(AnsweringSession session, ISuspendableCommand command, CommandInputState input)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(command);
        session.AllowSuspension();
        return FollowAsync(session, resumed => resumed.MoveAsync(command, input));
    }

    async Task<Status> FollowAsync(AnsweringSession session, Func<CommandSession, Task<Status>> follow)
    {
        using CommandSession command = new(session, this);
        Task<Status> run = follow(command);
        Track(run);
        return await run;
    }

    /// <summary>Takes over what goes on after its session has returned. What it throws is logged.</summary>
    public void Keep(Task tail) => Track(GuardAsync(tail));

    void Track(Task task)
    {
        if (!_running.TryAdd(task, 0)) return;
        _ = task.ContinueWith(
            (ended, running) => ((ConcurrentDictionary<Task, byte>)running!).TryRemove(ended, out _), _running,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    async Task GuardAsync(Task tail)
    {
        try
        {
            await tail;
        }
        catch (Exception failure)
        {
            Log.CommandNotTidied(Logger, failure);
        }
    }

    /// <summary>Ends all commands, and returns when none is left and every session has returned.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _stopping.CancelAsync();
        // each has its own awaiter
        while (_running.Keys is { Count: > 0 } left) await Task.WhenAll(left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }
}
