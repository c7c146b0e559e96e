using System.Collections.Concurrent;
using Fairlead.Containerd.Cri;
using Grpc.Core;

namespace Fairlead.Containerd.Pods;

/// <summary>Reads the pods that a CRI runtime has. Two lists each time; details only of what is new or has changed its state.</summary>
sealed class PodReader(RuntimeService.RuntimeServiceClient cri)
{
    readonly ConcurrentDictionary<string, PodSandboxStatus> _sandboxes = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, ContainerFacts> _containers = new(StringComparer.Ordinal);

    /// <summary>All pods, as they are now.</summary>
    /// <exception cref="RpcException">The runtime could not be asked.</exception>
    public async Task<IReadOnlyList<SeenPod>> ReadAsync(CancellationToken cancellationToken)
    {
        ListPodSandboxResponse sandboxes = await cri.ListPodSandboxAsync(new(), cancellationToken: cancellationToken);
        ListContainersResponse containers = await cri.ListContainersAsync(new(), cancellationToken: cancellationToken);
        Forget(sandboxes, containers);
        ILookup<string, Container> bySandbox = containers.Containers.ToLookup(container => container.PodSandboxId);
        List<SeenPod> pods = [];
        foreach (var same in sandboxes.Items.GroupBy(sandbox => (sandbox.Metadata.Namespace, sandbox.Metadata.Name)))
        {
            if (await ReadPodAsync([.. same], bySandbox, cancellationToken) is { } pod) pods.Add(pod);
        }

        return pods;
    }

    /// <summary>One pod, as it is now; null when there is none.</summary>
    public async Task<SeenPod?> ReadAsync(string @namespace, string name, CancellationToken cancellationToken)
    {
        ListPodSandboxResponse all = await cri.ListPodSandboxAsync(new(), cancellationToken: cancellationToken);
        PodSandbox[] sandboxes = [.. all.Items.Where(sandbox => sandbox.Metadata.Namespace == @namespace && sandbox.Metadata.Name == name)];
        if (sandboxes.Length == 0) return null;
        ListContainersResponse containers = await cri.ListContainersAsync(new(), cancellationToken: cancellationToken);
        return await ReadPodAsync(sandboxes, containers.Containers.ToLookup(container => container.PodSandboxId), cancellationToken);
    }

    /// <summary>One container's details, read anew.</summary>
    public async Task<ContainerFacts> ReadContainerAsync(string id, CancellationToken cancellationToken) =>
        _containers[id] = ContainerFacts.Of(await cri.ContainerStatusAsync(new() { ContainerId = id, Verbose = true }, cancellationToken: cancellationToken));

    async Task<SeenPod?> ReadPodAsync(PodSandbox[] sandboxes, ILookup<string, Container> containers, CancellationToken cancellationToken)
    {
        PodSandbox newest = sandboxes.MaxBy(sandbox => (sandbox.State == PodSandboxState.SandboxReady, sandbox.CreatedAt))!;
        string uid = newest.Metadata.Uid;
        try
        {
            PodSandboxStatus status = await SandboxAsync(newest, cancellationToken);
            List<SeenContainer> seen = [];
            // a pod's sandbox may have been made anew, and its earlier containers lie in the old one
            foreach (var runs in sandboxes.Where(sandbox => sandbox.Metadata.Uid == uid).SelectMany(sandbox => containers[sandbox.Id]).GroupBy(container => container.Metadata.Name))
            {
                Container[] latest = [.. runs.OrderByDescending(run => run.Metadata.Attempt).ThenByDescending(run => run.CreatedAt).Take(2)];
                ContainerFacts? current = await ContainerAsync(latest[0], cancellationToken), previous = latest.Length > 1 ? await ContainerAsync(latest[1], cancellationToken) : null;
                if ((current ?? previous) is { } newestLeft) seen.Add(new SeenContainer(runs.Key, newestLeft, current is null ? null : previous));
            }

            seen.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
            return new SeenPod(status, seen);
        }
        catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
        {
            return null; // removed between the list and the question
        }
    }

    async ValueTask<PodSandboxStatus> SandboxAsync(PodSandbox sandbox, CancellationToken cancellationToken)
    {
        if (_sandboxes.TryGetValue(sandbox.Id, out PodSandboxStatus? known) && known.State == sandbox.State) return known;
        PodSandboxStatusResponse response = await cri.PodSandboxStatusAsync(new() { PodSandboxId = sandbox.Id }, cancellationToken: cancellationToken);
        return _sandboxes[sandbox.Id] = response.Status;
    }

    /// <summary>Null where it was removed between the list and the question: the rest of its pod is there all the same.</summary>
    async ValueTask<ContainerFacts?> ContainerAsync(Container container, CancellationToken cancellationToken)
    {
        try
        {
            return _containers.TryGetValue(container.Id, out ContainerFacts? known) && known.Status.State == container.State
                ? known
                : await ReadContainerAsync(container.Id, cancellationToken);
        }
        catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    void Forget(ListPodSandboxResponse sandboxes, ListContainersResponse containers)
    {
        HashSet<string> present = [.. sandboxes.Items.Select(sandbox => sandbox.Id), .. containers.Containers.Select(container => container.Id)];
        foreach (string id in _sandboxes.Keys.Where(id => !present.Contains(id))) _sandboxes.TryRemove(id, out _);
        foreach (string id in _containers.Keys.Where(id => !present.Contains(id))) _containers.TryRemove(id, out _);
    }
}
