using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Fairlead.Wire;

namespace Fairlead.Processes;

/// <summary>Everything that a runtime has started and must end when it goes: commands, their tails, and what they left behind.</summary>
sealed class RunningProcesses(ProcessRuntimeOptions options, string? name = null) : IAsyncDisposable
{
    readonly string _name = name ?? NewName();
    readonly ConcurrentDictionary<ExecSession, Task> _sessions = new();
    readonly ConcurrentDictionary<Task, LocalProcess> _tails = new();
    readonly CancellationTokenSource _cut = new();
    long _last;
    int _disposed;
    volatile bool _stopping;

    internal ProcessRuntimeOptions Options { get; } = options;

    /// <summary>What ends them when this process is gone; it is told of each. Its owner disposes it after this.</summary>
    internal OrphanWatcher? Watcher { get; init; }

    /// <summary>What looks for them.</summary>
    internal ProcessWalk Walk { get; init; } = ProcessWalk.System;

    /// <summary>A name that no other runtime has.</summary>
    internal static string NewName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    /// <summary>No more is started.</summary>
    internal bool IsStopping => _stopping;

    /// <summary>A new run of a container.</summary>
    internal ContainerRun BeginRun() => new(this, string.Create(CultureInfo.InvariantCulture, $"{_name}.{Interlocked.Increment(ref _last)}"));

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

    /// <summary>Ends what is found. See <see cref="ProcessTermination.EndAsync"/>.</summary>
    internal Task<bool> EndAsync(ProcessSearch search, TimeSpan grace, Action? asked = null) => ProcessTermination.EndAsync(search, grace, Walk, asked);

    /// <summary>Takes over what goes on after its session has returned.</summary>
    internal void Keep(Task tail, LocalProcess process)
    {
        _tails[tail] = process;
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
        await EndAsync(ProcessSearch.OfMarkersFrom(_name + ".", [.. _tails.Values]), Options.Grace);
        await Task.WhenAll(sessions.Select(s => s.Value));
        await _cut.CancelAsync();
        await Task.WhenAll(_tails.Keys);
        _cut.Dispose();
    }
}
