namespace Fairlead.Testing.Containerd;

/// <summary>A pod of one container that a <see cref="ContainerdProcess"/> runs.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Container">The container's name.</param>
/// <param name="SandboxId">The sandbox's id at the CRI.</param>
/// <param name="ContainerId">The container's id at the CRI.</param>
public sealed record ContainerdPod(string Namespace, string Name, string Container, string SandboxId, string ContainerId);
