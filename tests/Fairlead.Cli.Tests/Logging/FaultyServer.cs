using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.Testing;

namespace Fairlead.Cli.Tests.Logging;

/// <summary>A TLS server on loopback that reads the head of each request, says what it is told to say, and then ends or says nothing more.</summary>
sealed class FaultyServer : IAsyncDisposable
{
    readonly LoopbackListener _listener = new();
    readonly CancellationTokenSource _stop = new();
    readonly X509Certificate2 _certificate;
    readonly Func<string, byte[]?> _answer;
    readonly bool _ends;
    readonly Task _accepting;
    readonly List<Task> _serving = [];

    /// <param name="certificate">Its own from here on.</param>
    /// <param name="answer">What is said to a request, given its head; null for nothing.</param>
    /// <param name="ends">Ends the connection after its answer, without a word; stays silent otherwise. No reset: that could destroy the answer.</param>
    public FaultyServer(X509Certificate2 certificate, Func<string, byte[]?> answer, bool ends = false)
    {
        (_certificate, _answer, _ends) = (certificate, answer, ends);
        _accepting = AcceptAsync();
    }

    public int Port => _listener.Port;

    /// <summary>An answer with a body.</summary>
    public static byte[] Answer(string status, string body) =>
        Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nSet-Cookie: {Secrets.Cookie}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>The 101 to a WebSocket, with this subprotocol.</summary>
    public static byte[] Upgrade(string head, string? subprotocol, params byte[] frames)
    {
        string key = head.Split("Sec-WebSocket-Key: ")[1].Split('\r')[0];
#pragma warning disable CA5350 // RFC 6455 has it so
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        string chosen = subprotocol is null ? "" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n";
        return [.. Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n{chosen}\r\n"), .. frames];
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true) _serving.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            // disposed
        }
    }

    async Task ServeAsync(Socket socket)
    {
        try
        {
            await using SslStream tls = new(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
            while (await ReadHeadAsync(tls) is { } head)
            {
                if (_answer(head) is { } answer) await tls.WriteAsync(answer, _stop.Token);
                if (_ends) return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // the client went, or did not believe the certificate
        }
    }

    async Task<string?> ReadHeadAsync(SslStream tls)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await tls.ReadAsync(one, _stop.Token) == 0) return null;
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_serving);
        _listener.Dispose();
        _certificate.Dispose();
        _stop.Dispose();
    }
}
