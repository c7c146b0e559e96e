using Fairlead.Containerd.Cri;

namespace Fairlead.Containerd.Pods;

/// <summary>A pod as the runtime has it now: its newest sandbox, and the containers of all of its sandboxes.</summary>
/// <param name="Sandbox">The sandbox's status.</param>
/// <param name="Containers">Its containers, by name.</param>
sealed record SeenPod(PodSandboxStatus Sandbox, IReadOnlyList<SeenContainer> Containers)
{
    public string Namespace => Sandbox.Metadata.Namespace;

    public string Name => Sandbox.Metadata.Name;

    public bool IsReady => Sandbox.State == PodSandboxState.SandboxReady;

    /// <summary>As much of it as lists tell: names, ids and states, no addresses, times or exit codes.</summary>
    public static SeenPod Of(ListedPod listed)
    {
        PodSandbox sandbox = listed.Sandbox;
        PodSandboxStatus status = new()
        {
            Id = sandbox.Id,
            Metadata = sandbox.Metadata,
            State = sandbox.State,
            CreatedAt = sandbox.CreatedAt,
            Labels = { sandbox.Labels },
            Annotations = { sandbox.Annotations },
        };
        return new SeenPod(status, [.. listed.Containers.Select(static found => new SeenContainer(
            found.Name, ContainerFacts.Of(found.Current), found.Previous is { } previous ? ContainerFacts.Of(previous) : null))]);
    }
}
