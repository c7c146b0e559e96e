using System.Net.Sockets;

namespace Fairlead.Streaming.Sockets;

/// <summary>
/// Takes connections from a listening socket, whatever fails for a while: when no descriptor is free, the connection stays in the system's
/// queue and is taken when there is one again.
/// </summary>
/// <remarks>Nothing tells when a descriptor is free, so that it looks again in short pauses; without them a loop of accepts takes a whole
/// processor.</remarks>
/// <param name="listening">The socket; stays the caller's, and disposing it ends the wait.</param>
/// <param name="trouble">Is told why connections wait, and how often that was seen since it was last told: at once, and then at most once a
/// minute.</param>
/// <param name="time">The clock.</param>
public sealed class SocketAcceptor(Socket listening, Action<SocketException, int> trouble, TimeProvider time)
{
    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100), s_quiet = TimeSpan.FromMinutes(1);

    long? _told;
    int _untold;

    /// <summary>The next connection. One call at a time.</summary>
    /// <exception cref="ObjectDisposedException">The listening socket was disposed.</exception>
    /// <exception cref="SocketException">It was disposed meanwhile: <see cref="SocketError.OperationAborted"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<Socket> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await listening.AcceptAsync(cancellationToken);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // it was reset while it waited to be taken
            }
            catch (SocketException e) when (e.SocketErrorCode != SocketError.OperationAborted)
            {
                Tell(e);
                await Task.Delay(s_pause, time, cancellationToken);
            }
        }
    }

    void Tell(SocketException failure)
    {
        _untold++;
        long now = time.GetTimestamp();
        if (_told is { } told && time.GetElapsedTime(told, now) < s_quiet) return;
        (_told, int count, _untold) = (now, _untold, 0);
        trouble(failure, count);
    }
}
