using System.Net;
using System.Net.Sockets;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Processes;

/// <summary>Connects to a port that a process of this machine listens on, at the loopback address: IPv4 first, then IPv6, as runtimes do.</summary>
static class PortConnection
{
    internal static async ValueTask<ForwardedStream> OpenAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        }
        catch (SocketException v4)
        {
            try
            {
                return await ConnectAsync(IPAddress.IPv6Loopback, port, cancellationToken);
            }
            catch (SocketException)
            {
                throw new ForwardResetException(FaultOf(v4.SocketErrorCode), $"localhost:{port}: {v4.Message}", v4);
            }
        }
    }

    static async Task<ForwardedStream> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            return new SocketForwardedStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static ForwardFault FaultOf(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => ForwardFault.ConnectionRefused,
        SocketError.TimedOut => ForwardFault.TimedOut,
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => ForwardFault.Unreachable,
        _ => ForwardFault.Unspecified,
    };
}
