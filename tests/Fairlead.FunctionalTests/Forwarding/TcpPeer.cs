using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.FunctionalTests.Forwarding;

/// <summary>A plain TCP client or server side, as an application would use it.</summary>
static class TcpPeer
{
    internal static async Task<Socket> ConnectAsync(PortForward forward)
    {
        EndPoint local = forward.Ports[0].Local;
        Socket socket = new(local.AddressFamily, SocketType.Stream, local is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        await socket.ConnectAsync(local, Ct);
        return socket;
    }

    internal static async Task SendAsync(this Socket socket, string text) => Assert.Equal(text.Length, await socket.SendAsync(Encoding.ASCII.GetBytes(text), Ct));

    /// <summary>Reads to the end.</summary>
    internal static async Task<string> ReadToEndAsync(this Socket socket)
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[16 * 1024];
        while (await socket.ReceiveAsync(buffer, Ct) is > 0 and int count) all.Write(buffer, 0, count);
        return Encoding.ASCII.GetString(all.ToArray());
    }

    internal static async Task<string> ReadAsync(this Socket socket, int count)
    {
        byte[] buffer = new byte[count];
        for (int have = 0; have < count;)
        {
            int more = await socket.ReceiveAsync(buffer.AsMemory(have), Ct);
            Assert.NotEqual(0, more);
            have += more;
        }

        return Encoding.ASCII.GetString(buffer);
    }

    /// <summary>Closes with a reset, as a process that is killed with data unread.</summary>
    internal static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>Reads until the reset that has to come, whatever comes before it.</summary>
    internal static async Task ExpectResetAsync(this Socket socket)
    {
        byte[] buffer = new byte[16 * 1024];
        SocketException reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (await socket.ReceiveAsync(buffer, Ct) > 0)
            {
                // what was on its way
            }
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
