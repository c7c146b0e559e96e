using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Testing;

/// <summary>A proxy on loopback that speaks HTTP CONNECT and SOCKS5, wants user and password, and sends everybody to one server.</summary>
public sealed class AuthenticatingProxy : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentBag<Task> _connections = [];
    readonly int _serverPort;
    readonly Task _accepting;

    public AuthenticatingProxy(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public const string User = "us er", Password = "p@ss:word";

    /// <summary>As it stands in a URL.</summary>
    public const string UserInfo = "us%20er:p%40ss%3Aword";

    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Where clients wanted to go, once they were let in.</summary>
    public ConcurrentQueue<string> Destinations { get; } = new();

    async Task AcceptAsync()
    {
        try
        {
            while (true) _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            // disposed
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using TcpClient owned = client;
        try
        {
            NetworkStream stream = client.GetStream();
            int first = await ReadByteAsync(stream);
            if (first < 0 || !(first == 5 ? await SocksAsync(stream) : await ConnectAsync(stream, (char)first))) return;

            using TcpClient server = new();
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _stop.Token);
            await Task.WhenAny(stream.CopyToAsync(server.GetStream(), _stop.Token), server.GetStream().CopyToAsync(stream, _stop.Token));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // the client went, or the proxy stops
        }
    }

    async Task<bool> ConnectAsync(NetworkStream stream, char first)
    {
        StringBuilder head = new StringBuilder().Append(first);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) head.Append((char)await ReadByteAsync(stream));
        string wanted = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        if (!head.ToString().Contains("Proxy-Authorization: " + wanted, StringComparison.OrdinalIgnoreCase))
        {
            await stream.WriteAsync("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
            return false;
        }

        Destinations.Enqueue(head.ToString().Split(' ')[1]);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        return true;
    }

    async Task<bool> SocksAsync(NetworkStream stream)
    {
        await ReadAsync(stream, await ReadByteAsync(stream));
        await stream.WriteAsync(new byte[] { 5, 2 });
        await ReadByteAsync(stream);
        string user = Encoding.UTF8.GetString(await ReadAsync(stream, await ReadByteAsync(stream)));
        string password = Encoding.UTF8.GetString(await ReadAsync(stream, await ReadByteAsync(stream)));
        bool known = user == User && password == Password;
        await stream.WriteAsync(new byte[] { 1, (byte)(known ? 0 : 1) });
        if (!known) return false;

        byte[] request = await ReadAsync(stream, 4);
        string host = request[3] == 3
            ? Encoding.ASCII.GetString(await ReadAsync(stream, await ReadByteAsync(stream)))
            : new IPAddress(await ReadAsync(stream, request[3] == 1 ? 4 : 16)).ToString();
        byte[] port = await ReadAsync(stream, 2);
        Destinations.Enqueue($"{host}:{(port[0] << 8) | port[1]}");
        await stream.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 });
        return true;
    }

    async Task<int> ReadByteAsync(NetworkStream stream)
    {
        byte[] one = new byte[1];
        return await stream.ReadAsync(one, _stop.Token) == 1 ? one[0] : -1;
    }

    async Task<byte[]> ReadAsync(NetworkStream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, _stop.Token);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stop.Dispose();
    }
}
