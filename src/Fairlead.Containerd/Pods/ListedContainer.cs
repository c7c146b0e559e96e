using Fairlead.Containerd.Cri;

namespace Fairlead.Containerd.Pods;

/// <summary>A container of a pod as the runtime lists it, which is its names, its id and its state.</summary>
/// <param name="Name">Its name in the pod.</param>
/// <param name="Current">The newest run.</param>
/// <param name="Previous">The run before, where it was not removed yet.</param>
sealed record ListedContainer(string Name, Container Current, Container? Previous)
{
    public bool IsRunning => Current.State == ContainerState.ContainerRunning;
}
