using System.Net;
using System.Net.Sockets;
using Fairlead.Streaming.Sockets;

namespace Fairlead.Client.Forwarding.Listening;

/// <summary>One socket that a forward listens on.</summary>
sealed class ListeningSocket : IDisposable
{
    readonly Socket _socket;

    internal ListeningSocket(Socket socket, int mapping)
    {
        _socket = socket;
        Mapping = mapping;
        EndPoint = socket.LocalEndPoint!;
    }

    /// <summary>Which of the forward's mappings it belongs to.</summary>
    internal int Mapping { get; }

    internal EndPoint EndPoint { get; }

    /// <summary>What takes its connections.</summary>
    /// <param name="trouble">Is told when connections have to wait; see <see cref="SocketAcceptor"/>.</param>
    /// <param name="time">The clock.</param>
    internal SocketAcceptor Acceptor(Action<SocketException, int> trouble, TimeProvider time) => new(_socket, trouble, time);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
