using Fairlead.KubeConfig.Targets;

namespace Fairlead.Cli.Forwards;

/// <summary>
/// Finds a forward's target as the command line names it: a pod by its name too is looked up with each attempt, since it may have gone, and
/// ports have names.
/// </summary>
/// <param name="find">Finds it; told whether a carrier was lost before.</param>
sealed class NamedPorts(Func<bool, CancellationToken, Task<ResolvedForward>> find) : IPodFinder
{
    ResolvedForward? _first;

    /// <summary>Finds it for the start, which then takes what was found here.</summary>
    /// <returns>What to ask for with this finder, with an owner so that it is looked up; and its ports.</returns>
    public async Task<(PodReference Target, IReadOnlyList<ResolvedPort> Ports)> FindFirstAsync(CancellationToken cancellationToken)
    {
        _first = await find(false, cancellationToken);
        return (_first.Pod with { Owner = "pod" }, _first.Ports);
    }

    /// <inheritdoc/>
    public async Task<(PodReference Pod, IReadOnlyList<int> Ports)> FindPortsAsync(
        PodReference pod, IReadOnlyList<int> ports, bool again, CancellationToken cancellationToken)
    {
        ResolvedForward found = again || _first is null ? await find(again, cancellationToken) : _first;
        return (found.Pod, [.. found.Ports.Select(static port => port.Target)]);
    }

    /// <inheritdoc/>
    public Task<PodReference> FindAsync(PodReference pod, CancellationToken cancellationToken) =>
        Task.FromResult(pod with { Owner = null });
}
