using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fairlead.Server.Hosting;

/// <summary>
/// Kestrel's sockets with a loop of ours that takes the connections. Its own takes every failure for a connection that was reset: with no
/// descriptor free it turns without a pause, and tells nobody.
/// </summary>
sealed class SocketListenerFactory(IOptions<SocketTransportOptions> options, ILoggerFactory logging) : IConnectionListenerFactory,
    IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint or UnixDomainSocketEndPoint or AddressSet;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(
        endpoint is AddressSet set
            ? new AddressSetListener(set, set.Sockets.Select(Take), Listen, logging.CreateLogger("Fairlead.Server"), TimeProvider.System)
            : Listen(endpoint));

    SocketListener Listen(EndPoint endpoint)
    {
        Socket socket = Bind(endpoint);
        try
        {
            socket.Listen(options.Value.Backlog);
            return Take(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes from a socket that listens.</summary>
    SocketListener Take(Socket socket)
    {
        ILogger transport = logging.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets");
        SocketConnectionContextFactory connections = new(WithMemoryOf(options.Value), transport);
        return new SocketListener(socket, connections, options.Value.NoDelay, logging.CreateLogger("Fairlead.Server"));
    }

    Socket Bind(EndPoint endpoint)
    {
        try
        {
            return options.Value.CreateBoundListenSocket(endpoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }
    }

    /// <summary>
    /// The same settings for connections. What is public of these leaves out the pool of memory: see <see cref="TransportBlocks"/>.
    /// </summary>
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    static extern SocketConnectionFactoryOptions WithMemoryOf(SocketTransportOptions options);
}
