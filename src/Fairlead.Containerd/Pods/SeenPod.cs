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
}
