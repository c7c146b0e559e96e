using System.Net.Sockets;
using Fairlead.Streaming;

namespace Fairlead.Client;

/// <summary>Opens the TCP connection to the server or its proxy: no delay for keystrokes, and a bound on what stays unacknowledged.</summary>
static class TcpDialer
{
    static readonly TimeSpan Unacknowledged = TimeSpan.FromSeconds(60);

    internal static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (OperatingSystem.IsLinux()) socket.SetUserTimeout(Unacknowledged);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
