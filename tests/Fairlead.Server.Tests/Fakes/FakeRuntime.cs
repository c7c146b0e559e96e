using Fairlead.Server.Ports;
using Fairlead.Wire.PortForward;

namespace Fairlead.Server.Tests;

/// <summary>A runtime with the containers that a test put there.</summary>
sealed class FakeRuntime : IContainerRuntime
{
    public Dictionary<ContainerReference, FakeContainer> Containers { get; } = [];

    /// <summary>Its pods' ports are this machine's.</summary>
    public bool ForwardsPorts { get; set; }

    public ValueTask<ForwardedStream> ConnectAsync(string @namespace, string pod, int port, CancellationToken cancellationToken) => ForwardsPorts
        ? PortConnection.OpenAsync(port, cancellationToken)
        : throw new ForwardResetException(ForwardFault.Forbidden, "this runtime does not forward ports");

    public ValueTask<IContainer?> FindAsync(FoundPod pod, string container, CancellationToken cancellationToken) =>
        new(Containers.GetValueOrDefault(new(pod.Namespace, pod.Name, container)));
}
