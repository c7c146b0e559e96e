using Fairlead.HostProcesses.Starting;
using Fairlead.HostProcesses.Trees;
namespace Fairlead.Lab.Containers;

/// <summary>
/// One run of a container: its main process and every command that is started beside it. They end together, at once, as the processes of
/// a PID namespace do when its first one ends.
/// </summary>
/// <param name="running">The runtime's processes.</param>
/// <param name="name">What the markers of everything in it begin with; nobody else's do.</param>
sealed class ContainerRun(RunningProcesses running, string name)
{
    readonly Lock _lock = new();
    readonly List<LocalProcess> _leaders = [];
    long _last;
    volatile bool _over;

    internal RunningProcesses Running { get; } = running;

    /// <summary>It ends, or has ended: nothing more is started in it.</summary>
    internal bool IsOver => _over;

    /// <summary>
    /// Starts a process in it. See <see cref="LocalProcess.Start"/>. One that is started while the run ends is killed at once.
    /// </summary>
    internal async ValueTask<LocalProcess> StartAsync(ProcessStart start)
    {
        LocalProcess process = LocalProcess.Start(
            start with { Marker = FormattableString.Invariant($"{name}.{Interlocked.Increment(ref _last)}") });
        Running.Watcher?.Add(process);
        bool late;
        lock (_lock)
        {
            _leaders.RemoveAll(leader => leader.IsDisposed);
            _leaders.Add(process);
            late = _over;
        }

        if (late) await Running.TerminateAsync(ProcessSearch.Of(process), TimeSpan.Zero);
        return process;
    }

    /// <summary>Kills all that is in it, whole trees with what commands left behind, and returns when none is left.</summary>
    internal async Task TerminateAsync()
    {
        LocalProcess[] leaders;
        lock (_lock)
        {
            _over = true;
            leaders = [.. _leaders];
        }

        await Running.TerminateAsync(ProcessSearch.OfMarkersFrom(name + ".", leaders), TimeSpan.Zero);
    }
}
