using System.Diagnostics;
using System.Net.Sockets;
using Fairlead.Streaming.Sockets;
using Fairlead.Upgrades.Requests;
using Microsoft.Extensions.Logging;

namespace Fairlead.Upgrades.Endpoints;

/// <summary>
/// Opens the TCP connection to the server or its proxy: no delay for keystrokes, and a bound on what stays unacknowledged.
/// </summary>
/// <param name="logger">Where it tells how that went.</param>
sealed class TcpDialer(Func<ILogger> logger)
{
    static readonly TimeSpan Unacknowledged = TimeSpan.FromSeconds(60);

    volatile DialPhase _phase;

    /// <summary>How far the newest connection has come. Where many are dialled at once it is any of them: for words alone.</summary>
    internal DialPhase Phase => _phase;

    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        _phase = DialPhase.Connecting;
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (OperatingSystem.IsLinux()) socket.SetUserTimeout(Unacknowledged);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            _phase = DialPhase.Silent;
            ILogger log = logger();
            if (log.IsEnabled(LogLevel.Debug))
                Log.Connected(log, context.DnsEndPoint.Host, context.DnsEndPoint.Port, socket.RemoteEndPoint?.ToString() ?? "",
                Since(started));
            return new DialledStream(socket, () => _phase = DialPhase.Heard);
        }
        catch (Exception e)
        {
            socket.Dispose();
            Log.NotConnected(logger(), e, context.DnsEndPoint.Host, context.DnsEndPoint.Port, Since(started));
            throw;
        }
    }

    static long Since(long started) => (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;
}
