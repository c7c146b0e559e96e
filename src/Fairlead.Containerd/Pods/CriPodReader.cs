using System.Collections.Concurrent;
using Fairlead.Containerd.Cri;
using Grpc.Core;

namespace Fairlead.Containerd.Pods;

/// <summary>Reads the pods that a CRI runtime has. Two lists each time; details only of what is new or has changed its state.</summary>
sealed class CriPodReader(RuntimeService.RuntimeServiceClient cri)
{
    readonly ConcurrentDictionary<string, PodSandboxStatus> _sandboxes = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, ContainerFacts> _containers = new(StringComparer.Ordinal);
    int _answers;

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
            if (await ReadPodAsync(ListedPod.Of(same, bySandbox), cancellationToken) is { } pod) pods.Add(pod);
        }

        return pods;
    }

    /// <summary>How many calls have been answered so far: while this grows, a read that lasts is at work and does not hang.</summary>
    public int Answers => Volatile.Read(ref _answers);

    /// <summary>A pod with the details of its sandbox and its containers; null when it was removed since it was listed.</summary>
    /// <exception cref="RpcException">The runtime could not be asked.</exception>
    public async Task<SeenPod?> ReadPodAsync(ListedPod listed, CancellationToken cancellationToken)
    {
        try
        {
            PodSandboxStatus status = await SandboxAsync(listed.Sandbox, cancellationToken);
            List<SeenContainer> seen = [];
            foreach ((string name, Container newest, Container? before) in listed.Containers)
            {
                ContainerFacts? current = await ContainerAsync(newest, cancellationToken);
                ContainerFacts? previous = before is null ? null : await ContainerAsync(before, cancellationToken);
                if ((current ?? previous) is { } left) seen.Add(new SeenContainer(name, left, current is null ? null : previous));
            }

            return new SeenPod(status, seen);
        }
        catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    async ValueTask<PodSandboxStatus> SandboxAsync(PodSandbox sandbox, CancellationToken cancellationToken)
    {
        if (_sandboxes.TryGetValue(sandbox.Id, out PodSandboxStatus? known) && known.State == sandbox.State) return known;
        PodSandboxStatusResponse response = await cri.PodSandboxStatusAsync(
            new() { PodSandboxId = sandbox.Id }, cancellationToken: cancellationToken);
        Interlocked.Increment(ref _answers);
        return _sandboxes[sandbox.Id] = response.Status;
    }

    /// <summary>Null where it was removed between the list and the question: the rest of its pod is there all the same.</summary>
    async ValueTask<ContainerFacts?> ContainerAsync(Container container, CancellationToken cancellationToken)
    {
        try
        {
            if (_containers.TryGetValue(container.Id, out ContainerFacts? known) && known.Status.State == container.State) return known;
            ContainerFacts facts = await ContainerFacts.ReadAsync(cri, container.Id, cancellationToken);
            Interlocked.Increment(ref _answers);
            return _containers[container.Id] = facts;
        }
        catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    void Forget(ListPodSandboxResponse sandboxes, ListContainersResponse containers)
    {
        HashSet<string> present = [.. sandboxes.Items.Select(sandbox => sandbox.Id),
            .. containers.Containers.Select(container => container.Id)];
        foreach (string id in _sandboxes.Keys.Where(id => !present.Contains(id))) _sandboxes.TryRemove(id, out _);
        foreach (string id in _containers.Keys.Where(id => !present.Contains(id))) _containers.TryRemove(id, out _);
    }
}
