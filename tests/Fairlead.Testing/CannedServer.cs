using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Streaming.WebSockets;

namespace Fairlead.Testing;

/// <summary>Reads one request head a connection and answers with what the test says, byte by byte.</summary>
public sealed class CannedServer : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Func<string, string> _answer;
    readonly Task _serving;
    readonly string? _reply;
    readonly bool _close, _reset;
    readonly List<string> _requests = [];

    /// <param name="answer">From the request's head to the answer, a byte a character.</param>
    /// <param name="close">Close the connection behind the answer.</param>
    /// <param name="reset">Close it by a reset, as a server that dies does.</param>
    /// <param name="reply">What follows once the client has sent something behind the head; nothing for null.</param>
    public CannedServer(Func<string, string> answer, bool close = false, bool reset = false, string? reply = null)
    {
        _answer = answer;
        _reply = reply;
        (_close, _reset) = (close, reset);
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests) return [.. _requests];
        }
    }

    public static string Answer(string status, string body = "", string headers = "") =>
        $"HTTP/1.1 {status}\r\n{headers}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}";

    /// <summary>The 101 that fits the request, with the subprotocol given.</summary>
    public static string Upgrade(string request, string subprotocol, string? accept = null) =>
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + $"Sec-WebSocket-Accept: {accept ?? WebSocketHandshake.ComputeAccept(Header(request, "Sec-WebSocket-Key")!)}\r\n"
        + (subprotocol.Length > 0 ? $"Sec-WebSocket-Protocol: {subprotocol}\r\n" : "") + "\r\n";

    public static string? Header(string request, string name) => request.Split("\r\n")
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    async Task ServeAsync()
    {
        List<TcpClient> clients = [];
        List<Task> replying = [];
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                clients.Add(client);
                NetworkStream stream = client.GetStream();
                StringBuilder head = new();
                byte[] one = new byte[1];
                while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, _stop.Token) > 0) head.Append((char)one[0]);
                lock (_requests) _requests.Add(head.ToString());
                await stream.WriteAsync(Encoding.Latin1.GetBytes(_answer(head.ToString())), _stop.Token);
                if (_reset) client.Client.Close(timeout: 0); // what TcpClient does would send a FIN first
                else if (_close) client.Dispose();
                else if (_reply is not null) replying.Add(ReplyAsync(stream, _reply));
            }
        }
        catch (OperationCanceledException)
        {
            // the test is over
        }
        finally
        {
            foreach (TcpClient client in clients) client.Dispose();
            await Task.WhenAll(replying).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task ReplyAsync(NetworkStream stream, string reply)
    {
        if (await stream.ReadAsync(new byte[1024], _stop.Token) > 0) await stream.WriteAsync(Encoding.Latin1.GetBytes(reply), _stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }
}
