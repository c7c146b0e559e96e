using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Testing;

/// <summary>A WebSocket client that may break every rule: it sends what the test made, byte for byte, and shows the frames that come.</summary>
public sealed class RawWebSocket : IAsyncDisposable
{
    readonly Socket _socket;

    RawWebSocket(Socket socket, Stream stream)
    {
        _socket = socket;
        Stream = stream;
    }

    /// <summary>The connection itself, for bytes that are no frames.</summary>
    public Stream Stream { get; }

    /// <summary>The answer's status code; 101 when the upgrade succeeded.</summary>
    public int StatusCode { get; private set; }

    /// <summary>The answer's header fields, names in any case.</summary>
    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Dials, and asks for an upgrade.</summary>
    /// <param name="server">Where to.</param>
    /// <param name="target">Path and query.</param>
    /// <param name="subprotocols">The value of <c>Sec-WebSocket-Protocol</c>; null leaves it out.</param>
    /// <param name="tls">Over TLS; any certificate will do.</param>
    /// <param name="headers">Further header lines, without line ends.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="together">Bytes that follow the request in the same write.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<RawWebSocket> ConnectAsync(
        EndPoint server, string target, string? subprotocols = "v5.channel.k8s.io", bool tls = false, IEnumerable<string>? headers = null,
        string method = "GET", ReadOnlyMemory<byte> together = default, CancellationToken cancellationToken = default)
    {
        StringBuilder request = new();
        request.Append(method).Append(' ').Append(target).Append(" HTTP/1.1\r\nHost: ").Append(server).Append("\r\n");
        request.Append("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        if (subprotocols is not null) request.Append("Sec-WebSocket-Protocol: ").Append(subprotocols).Append("\r\n");
        foreach (string header in headers ?? []) request.Append(header).Append("\r\n");
        request.Append("\r\n");

        RawWebSocket connection = await DialAsync(server, tls, cancellationToken);
        try
        {
            await connection.SendAsync((byte[])[.. Encoding.Latin1.GetBytes(request.ToString()), .. together.Span], cancellationToken);
            await connection.ReadHeadAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Only dials: the test writes the request too, and may read the answer with <see cref="ReadHeadAsync"/>.</summary>
    public static async Task<RawWebSocket> DialAsync(EndPoint server, bool tls = false, CancellationToken cancellationToken = default)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, cancellationToken);
            Stream stream = new NetworkStream(socket, ownsSocket: false);
            if (!tls) return new RawWebSocket(socket, stream);

#pragma warning disable CA5359 // the peer is the test's own, on loopback, and its certificate is not what is tested
            SslStream secured = new(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
            await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, cancellationToken);
            return new RawWebSocket(socket, secured);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads the answer's head into <see cref="StatusCode"/> and <see cref="Headers"/>, and not a byte more.</summary>
    public async Task ReadHeadAsync(CancellationToken cancellationToken = default)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (head.Count < 4 || !head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            await Stream.ReadExactlyAsync(one, cancellationToken);
            head.Add(one[0]);
            if (head.Count > 64 * 1024) throw new InvalidDataException("The answer's head does not end.");
        }

        string[] lines = Encoding.Latin1.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        StatusCode = int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        foreach (string line in lines[1..])
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            Headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
    }

    /// <summary>Reads the answer's body, by its Content-Length or to the end of the connection.</summary>
    public async Task<string> ReadBodyAsync(CancellationToken cancellationToken = default)
    {
        if (Headers.TryGetValue("Content-Length", out string? length))
        {
            byte[] body = new byte[int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)];
            await Stream.ReadExactlyAsync(body, cancellationToken);
            return Encoding.UTF8.GetString(body);
        }

        using MemoryStream rest = new();
        await Stream.CopyToAsync(rest, cancellationToken);
        return Encoding.UTF8.GetString(rest.ToArray());
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        await Stream.WriteAsync(bytes, cancellationToken);
        await Stream.FlushAsync(cancellationToken);
    }

    /// <summary>Sends one good binary frame.</summary>
    public Task SendMessageAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        SendAsync(RawWebSocketFrames.Encode(2, payload.Span), cancellationToken);

    /// <summary>Reads the next frame; null when the server closed the connection.</summary>
    public Task<RawFrame?> ReadFrameAsync(CancellationToken cancellationToken = default) => RawWebSocketFrames.ReadAsync(Stream, cancellationToken: cancellationToken);

    /// <summary>Reads frames to and with the Close frame, or the connection's end.</summary>
    public async Task<IReadOnlyList<RawFrame>> ReadToCloseAsync(CancellationToken cancellationToken = default)
    {
        List<RawFrame> frames = [];
        while (await ReadFrameAsync(cancellationToken) is { } frame)
        {
            frames.Add(frame);
            if (frame.Opcode == 8) break;
        }

        return frames;
    }

    /// <summary>Ends the sending direction only; the server still can answer. Without TLS.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with an RST.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Stream.DisposeAsync();
        }
        catch (IOException)
        {
            // TLS says goodbye, and the peer is gone already
        }

        _socket.Dispose();
    }
}
