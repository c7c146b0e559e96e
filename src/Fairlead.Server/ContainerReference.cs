namespace Fairlead.Server;

/// <summary>Where a container is.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Container">The container's name in the pod.</param>
public readonly record struct ContainerReference(string Namespace, string Pod, string Container);
