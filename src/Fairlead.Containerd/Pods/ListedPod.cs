using Fairlead.Containerd.Cri;

namespace Fairlead.Containerd.Pods;

/// <summary>
/// A pod as the runtime's two lists have it. A pod's sandbox may have been made anew; its earlier containers lie in the old one.
/// </summary>
/// <param name="Sandbox">The sandbox that counts.</param>
/// <param name="Containers">The containers of all sandboxes of this pod, by name.</param>
sealed record ListedPod(PodSandbox Sandbox, IReadOnlyList<ListedContainer> Containers)
{
    /// <param name="sandboxes">Every sandbox of the pod's names, also of pods before it.</param>
    /// <param name="containers">The containers by their sandboxes.</param>
    public static ListedPod Of(IEnumerable<PodSandbox> sandboxes, ILookup<string, Container> containers)
    {
        PodSandbox[] same = OfOnePod(sandboxes);
        return new ListedPod(same[0], [.. same
            .SelectMany(sandbox => containers[sandbox.Id])
            .GroupBy(static container => container.Metadata.Name)
            .Select(static runs => Newest(runs.Key, runs))
            .OrderBy(static container => container.Name, StringComparer.Ordinal)]);
    }

    /// <summary>Of the sandboxes with a pod's names those of the pod that is there now: the one that counts, then its older ones.</summary>
    public static PodSandbox[] OfOnePod(IEnumerable<PodSandbox> sandboxes)
    {
        PodSandbox[] newest = [.. sandboxes
            .OrderByDescending(static sandbox => sandbox.State == PodSandboxState.SandboxReady)
            .ThenByDescending(static sandbox => sandbox.CreatedAt)];
        return Array.FindAll(newest, sandbox => sandbox.Metadata.Uid == newest[0].Metadata.Uid);
    }

    static ListedContainer Newest(string name, IEnumerable<Container> runs)
    {
        Container[] latest = [.. runs
            .OrderByDescending(static run => run.Metadata.Attempt)
            .ThenByDescending(static run => run.CreatedAt)
            .Take(2)];
        return new ListedContainer(name, latest[0], latest.ElementAtOrDefault(1));
    }
}
