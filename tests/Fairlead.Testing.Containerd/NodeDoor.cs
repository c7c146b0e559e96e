using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Testing.Containerd;

/// <summary>Where a node is asked as an API server 1.36 asks: a client's upgrade with another path and query, and then byte by byte.</summary>
/// <param name="Address">The node's address; https.</param>
/// <param name="ApiServer">The certificate that it knows an API server by.</param>
public sealed record NodeDoor(Uri Address, X509Certificate2 ApiServer)
{
    /// <summary>The kubelet's path and query for what a client asked of a pod, with the parameters that an API server knows, in its order.</summary>
    /// <returns>Null for what is no stream.</returns>
    internal Uri? Find(HttpHead request, ContainerdPod pod, string podPath)
    {
        if (request.Path == $"{podPath}/portforward") return new Uri(Address, $"/portForward/{pod.Namespace}/{pod.Name}");
        if (request.Path != $"{podPath}/exec" && request.Path != $"{podPath}/attach") return null;
        IEnumerable<string> query =
        [
            .. request.Values("command").Select(static word => "command=" + Uri.EscapeDataString(word).Replace("%20", "+", StringComparison.Ordinal)),
            .. from pair in ((string Kubelets, string ApiServers)[])[("error", "stderr"), ("input", "stdin"), ("output", "stdout"), ("tty", "tty")]
               where request.IsSet(pair.ApiServers)
               select pair.Kubelets + "=1",
        ];
        return new Uri(Address, $"{request.Path[podPath.Length..]}/{pod.Namespace}/{pod.Name}/{pod.Container}?{string.Join('&', query)}");
    }

    /// <summary>Dials for an upgrade. The caller owns the connection.</summary>
    internal async Task<SslStream> DialAsync(CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(Address.Host), Address.Port, cancellationToken);
            SslStream tls = new(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
            SslClientAuthenticationOptions how = new() { TargetHost = Address.Host, ApplicationProtocols = [SslApplicationProtocol.Http11] };
            how.ClientCertificateContext = SslStreamCertificateContext.Create(ApiServer, null, offline: true);
#pragma warning disable CA5359 // the test's own node on loopback: whom it believes is tested, and not who believes it
            how.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            await tls.AuthenticateAsClientAsync(how, cancellationToken);
            return tls;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
