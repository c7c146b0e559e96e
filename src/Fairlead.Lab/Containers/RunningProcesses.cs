using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Fairlead.HostProcesses.Starting;
using Fairlead.HostProcesses.Trees;
using Fairlead.Server.Commands;

namespace Fairlead.Lab.Containers;

/// <summary>Everything that a runtime has started and must end when it goes: commands, their tails, and what they left behind.</summary>
sealed class RunningProcesses(ProcessRuntimeOptions options, string? name = null) : IAsyncDisposable
{
    readonly string _name = name ?? NewName();
    readonly ConcurrentDictionary<LocalProcess, byte> _leaders = new();
    long _last;
    int _disposed;
    volatile bool _stopping;

    internal ProcessRuntimeOptions Options { get; } = options;

    /// <summary>The commands among them.</summary>
    internal CommandKeeper Commands { get; } = new(options, options.Logger);

    /// <summary>What ends them when this process is gone; it is told of each. Its owner disposes it after this.</summary>
    internal OrphanWatcher? Watcher { get; init; }

    /// <summary>What looks for them.</summary>
    internal ProcessWalk Walk { get; init; } = ProcessWalk.System;

    /// <summary>A name that no other runtime has.</summary>
    internal static string NewName() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    /// <summary>No more is started.</summary>
    internal bool IsStopping => _stopping;

    /// <summary>A new run of a container.</summary>
    internal ContainerRun BeginRun() =>
        new(this, string.Create(CultureInfo.InvariantCulture, $"{_name}.{Interlocked.Increment(ref _last)}"));

    /// <summary>Ends what is found. See <see cref="ProcessTermination.RunAsync"/>.</summary>
    internal Task<bool> TerminateAsync(ProcessSearch search, TimeSpan grace, Action? asked = null) =>
        ProcessTermination.RunAsync(search, grace, Walk, asked);

    /// <summary>It may be asked to end with all others.</summary>
    internal void Add(LocalProcess process) => _leaders[process] = 0;

    /// <summary>Nothing is known by it any more.</summary>
    internal void Forget(LocalProcess process) => _leaders.TryRemove(process, out _);

    /// <summary>Ends all of it, whole trees, and returns when none is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _stopping = true;
        Task commands = Commands.DisposeAsync().AsTask();
        await TerminateAsync(ProcessSearch.OfMarkersFrom(_name + ".", [.. _leaders.Keys]), Options.Grace);
        await commands;
    }
}
