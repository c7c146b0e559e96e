
namespace Fairlead.Server;

/// <summary>What holds the containers: local processes, or a CRI runtime. The server only translates between clients and this.</summary>
public interface IContainerRuntime
{
    /// <summary>
    /// The container with this name in this pod, whether it runs or not; null when the runtime does not have it. Called before the
    /// upgrade, so that a refusal is still an HTTP answer.
    /// </summary>
    ValueTask<IContainer?> FindAsync(ContainerReference container, CancellationToken cancellationToken);
}

/// <summary>Where a container is.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Container">The container's name in the pod.</param>
public readonly record struct ContainerReference(string Namespace, string Pod, string Container);
