using System.Net;
using System.Net.Sockets;

namespace Fairlead.Testing;

/// <summary>A TCP listener on 127.0.0.1 with a port that the system picked.</summary>
public sealed class LoopbackListener : IDisposable
{
    readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Listens from now on.</summary>
    public LoopbackListener(int backlog = 512)
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Listen(backlog);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>The port that the system picked.</summary>
    public int Port => EndPoint.Port;

    /// <summary>Takes the next connection; the caller owns it.</summary>
    public async Task<Socket> AcceptAsync(CancellationToken cancellationToken = default)
    {
        Socket accepted = await _socket.AcceptAsync(cancellationToken);
        accepted.NoDelay = true;
        return accepted;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
