using System.Net;
using System.Net.Sockets;

namespace Fairlead.Client.Forwarding;

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

    internal async Task<Socket> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await _socket.AcceptAsync(cancellationToken);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // it was reset while it waited to be taken
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken); // no descriptor is free, and none tells when one is
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
