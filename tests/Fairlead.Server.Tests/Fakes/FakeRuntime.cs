namespace Fairlead.Server.Tests;

/// <summary>A runtime with the containers that a test put there.</summary>
sealed class FakeRuntime : IContainerRuntime
{
    public Dictionary<ContainerReference, FakeContainer> Containers { get; } = [];

    public ValueTask<IContainer?> FindAsync(FoundPod pod, string container, CancellationToken cancellationToken) =>
        new(Containers.GetValueOrDefault(new(pod.Namespace, pod.Name, container)));
}
