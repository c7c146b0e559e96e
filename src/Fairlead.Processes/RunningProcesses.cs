using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Fairlead.Wire;

namespace Fairlead.Processes;

/// <summary>Everything that a runtime has started and must end when it goes: commands, their tails, and what they left behind.</summary>
sealed class RunningProcesses(ProcessRuntimeOptions options) : IAsyncDisposable
{
    readonly string _name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
    readonly ConcurrentDictionary<ExecSession, Task> _sessions = new();
    readonly ConcurrentDictionary<Task, ProcessIo> _tails = new();
    readonly CancellationTokenSource _cut = new();
    long _last;
    int _disposed;
    volatile bool _stopping;

    internal ProcessRuntimeOptions Options { get; } = options;

    /// <summary>No more is started.</summary>
    internal bool IsStopping => _stopping;

    /// <summary>A marker for one start, unlike any other.</summary>
    internal string NextMarker() => string.Create(CultureInfo.InvariantCulture, $"{_name}.{Interlocked.Increment(ref _last)}");

    /// <summary>Runs an exec, known to <see cref="DisposeAsync"/> while it runs.</summary>
    internal async Task<Status> RunAsync(ExecSession session)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _sessions[session] = done.Task;
        try
        {
            return await session.RunAsync();
        }
        finally
        {
            _sessions.TryRemove(session, out _);
            done.SetResult();
        }
    }

    /// <summary>Fires when everything was ended: outputs that are still open then are held by nobody who can be found.</summary>
    internal CancellationToken Cut => _cut.Token;

    /// <summary>Takes over what goes on after its session has returned.</summary>
    internal void Keep(Task tail, ProcessIo io)
    {
        _tails[tail] = io;
        _ = tail.ContinueWith(
            t => _tails.TryRemove(t, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Ends all of it, whole trees, and returns when none is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _stopping = true;
        KeyValuePair<ExecSession, Task>[] sessions = [.. _sessions];
        foreach ((ExecSession session, _) in sessions) session.Stop();
        await ProcessTermination.EndAsync(ProcessSearch.OfMarkersWith(_name + ".", [.. _tails.Values]), Options.Grace);
        await Task.WhenAll(sessions.Select(s => s.Value));
        await _cut.CancelAsync();
        await Task.WhenAll(_tails.Keys);
        _cut.Dispose();
    }
}
