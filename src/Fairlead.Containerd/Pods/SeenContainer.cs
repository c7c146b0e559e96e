using Fairlead.Containerd.Cri;

namespace Fairlead.Containerd.Pods;

/// <summary>A container of a pod, with the runs before it that the runtime still has.</summary>
/// <param name="Name">Its name in the pod.</param>
/// <param name="Current">The newest run.</param>
/// <param name="Previous">The run before, where it was not removed yet.</param>
sealed record SeenContainer(string Name, ContainerFacts Current, ContainerFacts? Previous)
{
    public bool IsRunning => Current.Status.State == ContainerState.ContainerRunning;
}
