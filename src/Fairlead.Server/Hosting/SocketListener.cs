using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Fairlead.Streaming.Sockets;

namespace Fairlead.Server.Hosting;

/// <summary>One socket that a server listens on. Owns it, and what makes connections of what it takes.</summary>
sealed class SocketListener : IConnectionListener
{
    readonly Socket _socket;
    readonly SocketConnectionContextFactory _connections;
    readonly SocketAcceptor _acceptor;
    readonly bool _noDelay;

    internal SocketListener(Socket socket, SocketConnectionContextFactory connections, bool noDelay, ILogger logger)
    {
        (_socket, _connections, _noDelay) = (socket, connections, noDelay);
        EndPoint = socket.LocalEndPoint!;
        _acceptor = new SocketAcceptor(
            socket, (failure, count) => Log.ConnectionsWait(logger, EndPoint, Reason(failure), count), TimeProvider.System);
    }

    public EndPoint EndPoint { get; }

    /// <summary>Stays this listener's.</summary>
    internal Socket Socket => _socket;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _acceptor.AcceptAsync(cancellationToken);
            }
            catch (ObjectDisposedException)
            {
                return null; // how listening ends
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }

            try
            {
                if (EndPoint is IPEndPoint) socket.NoDelay = _noDelay;
                return _connections.Create(socket);
            }
            catch (SocketException)
            {
                socket.Dispose(); // it was reset just now
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _connections.Dispose();
        return ValueTask.CompletedTask;
    }

    static string Reason(SocketException failure) =>
        failure.SocketErrorCode == SocketError.TooManyOpenSockets
            ? "no file descriptor is free (see ulimit -n and LimitNOFILE=)"
            : failure.Message;
}
