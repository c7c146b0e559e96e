using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.InteropTests.Windows;

/// <summary>
/// Plain HTTP in front of a server that has TLS and wants a token: for a client on a system whose TLS does not do. It puts the token into the
/// one request that it lets each connection have, and passes everything else as it is.
/// </summary>
sealed class PlainFront : IAsyncDisposable
{
    const int LongestHead = 64 * 1024;

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _end = new();
    readonly List<Task> _connections = [];
    readonly Task _accepting;
    readonly int _port;
    readonly string _token;

    internal PlainFront(int port, string token)
    {
        (_port, _token) = (port, token);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    async Task AcceptAsync()
    {
        try
        {
            while (true) _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // the test is over
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using TcpClient asking = client, server = new();
        try
        {
            NetworkStream plain = asking.GetStream();
            byte[] first = new byte[LongestHead];
            int count = 0, head = -1;
            while (head < 0)
            {
                int read = await plain.ReadAsync(first.AsMemory(count), _end.Token);
                if (read == 0) return;
                count += read;
                head = first.AsSpan(0, count).IndexOf("\r\n\r\n"u8);
            }

            List<string> lines = [.. Encoding.Latin1.GetString(first, 0, head).Split("\r\n")];
            lines.Insert(1, $"Authorization: Bearer {_token}");
            if (!lines.Exists(static line => line.StartsWith("Upgrade:", StringComparison.OrdinalIgnoreCase)))
            {
                lines.RemoveAll(static line => line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase));
                lines.Add("Connection: close");
            }

            await server.ConnectAsync(IPAddress.Loopback, _port, _end.Token);
#pragma warning disable CA5359 // it is the test's own lab, on loopback
            await using SslStream secure = new(server.GetStream(), false, static (_, _, _, _) => true);
#pragma warning restore CA5359
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1" }, _end.Token);
            await secure.WriteAsync(Encoding.Latin1.GetBytes(string.Join("\r\n", lines) + "\r\n\r\n"), _end.Token);
            await secure.WriteAsync(first.AsMemory(head + 4, count - head - 4), _end.Token);
            Task up = plain.CopyToAsync(secure, _end.Token);
            await Task.WhenAny(secure.CopyToAsync(plain, _end.Token), up);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // one side has gone, and the client says what it makes of that
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _end.Dispose();
    }
}
