using System.Net;
using System.Net.Sockets;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Server.Ports;

/// <summary>
/// Connects to a port that a process listens on, at the loopback address of this machine or of another network namespace: IPv4 first, then
/// IPv6, as runtimes do.
/// </summary>
public static class PortConnection
{
    /// <summary>Connects to a port of this machine.</summary>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ForwardResetException">Nobody listens there.</exception>
    public static ValueTask<ForwardedStream> OpenAsync(int port, CancellationToken cancellationToken) =>
        OpenAsync(port, static family => new Socket(family, SocketType.Stream, ProtocolType.Tcp), cancellationToken);

    /// <summary>The same in another network namespace.</summary>
    /// <param name="port">The port.</param>
    /// <param name="create">Makes a TCP socket where the port is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ForwardResetException">Nobody listens there.</exception>
    public static async ValueTask<ForwardedStream> OpenAsync(
        int port, Func<AddressFamily, Socket> create, CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(create, IPAddress.Loopback, port, cancellationToken);
        }
        catch (SocketException v4)
        {
            try
            {
                return await ConnectAsync(create, IPAddress.IPv6Loopback, port, cancellationToken);
            }
            catch (SocketException)
            {
                throw new ForwardResetException(FaultOf(v4.SocketErrorCode), $"localhost:{port}: {v4.Message}", v4);
            }
        }
    }

    static async Task<ForwardedStream> ConnectAsync(
        Func<AddressFamily, Socket> create, IPAddress address, int port, CancellationToken cancellationToken)
    {
        Socket socket = create(address.AddressFamily);
        socket.LingerState = new LingerOption(true, 0); // the port may have accepted what is given up here: that is no end, but a reset
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            socket.LingerState = new LingerOption(false, 0);
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
