using Fairlead.Containerd.Cri;
using Grpc.Core;

namespace Fairlead.Containerd.Pods;

/// <summary>Looks one pod up by its names, in lists that the runtime cuts down to it.</summary>
sealed class CriPodLookup(RuntimeService.RuntimeServiceClient cri)
{
    /// <summary>What a kubelet writes on every sandbox and container that it has made.</summary>
    const string NameLabel = "io.kubernetes.pod.name", NamespaceLabel = "io.kubernetes.pod.namespace", UidLabel = "io.kubernetes.pod.uid";

    /// <summary>The pod with its containers, by two calls; null when there is none.</summary>
    /// <exception cref="RpcException">The runtime could not be asked.</exception>
    public async Task<ListedPod?> FindAsync(string @namespace, string name, CancellationToken cancellationToken)
    {
        PodSandbox[] sandboxes = await FindSandboxesAsync(@namespace, name, cancellationToken);
        if (sandboxes.Length == 0) return null;
        ListContainersRequest request = new() { Filter = FilterOf(sandboxes) };
        ListContainersResponse containers = await cri.ListContainersAsync(request, cancellationToken: cancellationToken);
        return ListedPod.Of(sandboxes, containers.Containers.ToLookup(static container => container.PodSandboxId));
    }

    /// <summary>The sandboxes of the pod, the one that counts first; none when there is no such pod.</summary>
    /// <exception cref="RpcException">The runtime could not be asked.</exception>
    public async Task<PodSandbox[]> FindSandboxesAsync(string @namespace, string name, CancellationToken cancellationToken)
    {
        PodSandboxFilter labelled = new() { LabelSelector = { [NameLabel] = name, [NamespaceLabel] = @namespace } };
        foreach (PodSandboxFilter? filter in (PodSandboxFilter?[])[labelled, null]) // who makes pods by the CRI itself need not label them
        {
            ListPodSandboxResponse listed = await cri.ListPodSandboxAsync(new() { Filter = filter }, cancellationToken: cancellationToken);
            PodSandbox[] found = [.. listed.Items.Where(pod => pod.Metadata.Namespace == @namespace && pod.Metadata.Name == name)];
            if (found.Length > 0) return ListedPod.OfOnePod(found);
        }

        return [];
    }

    /// <summary>Null for all containers, where nothing tells those of several sandboxes from others'.</summary>
    static ContainerFilter? FilterOf(PodSandbox[] sandboxes) =>
        sandboxes is [var only] ? new ContainerFilter { PodSandboxId = only.Id }
        : sandboxes[0].Labels.TryGetValue(UidLabel, out string? uid) ? new ContainerFilter { LabelSelector = { [UidLabel] = uid } }
        : null;
}
