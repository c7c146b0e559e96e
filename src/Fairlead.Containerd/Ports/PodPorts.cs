using Fairlead.Containerd.Cri;
using Fairlead.Containerd.Native;
using Fairlead.Server.Ports;

namespace Fairlead.Containerd.Ports;

/// <summary>Connects to ports inside pods, from within their network namespaces.</summary>
sealed class PodPorts(RuntimeService.RuntimeServiceClient cri)
{
    /// <exception cref="ForwardResetException">Nothing listens there.</exception>
    public async ValueTask<ForwardedStream> ConnectAsync(string sandboxId, int port, CancellationToken cancellationToken)
    {
        PodSandboxStatusResponse sandbox = await cri.PodSandboxStatusAsync(
            new() { PodSandboxId = sandboxId, Verbose = true }, cancellationToken: cancellationToken);
        return PodNetwork.NamespaceOf(sandbox) is { } path
            ? await PortConnection.OpenAsync(port, family => NetworkNamespace.CreateSocket(path, family), cancellationToken)
            : await PortConnection.OpenAsync(port, cancellationToken);
    }
}
