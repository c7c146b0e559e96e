using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Fairlead.Samples.Redis;

/// <summary>Brings the driver's connections to a port of a pod, each as a stream of its own.</summary>
sealed class PodTunnel(StreamingClient client, PodReference pod, int port) : Tunnel
{
    /// <summary>No end point: the driver opens no socket.</summary>
    public override ValueTask<EndPoint?> GetSocketConnectEndpointAsync(EndPoint endpoint, CancellationToken cancellationToken) => default;

    /// <summary>What is used in the socket's place; the driver disposes it.</summary>
    public override async ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken) =>
        await client.ConnectAsync(pod, port, cancellationToken: cancellationToken);
}
