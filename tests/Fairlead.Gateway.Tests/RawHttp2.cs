using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Gateway.Tests;

/// <summary>One request of HTTP/2 by hand: each header line is a field of its own, which HTTP's own client cannot send.</summary>
static class RawHttp2
{
    const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, GoAway = 7, EndStream = 1, EndHeaders = 4;

    /// <summary>Sends it and waits until the answer has ended.</summary>
    public static Task GetAsync(IPEndPoint server, string path, string[] headers, CancellationToken cancellationToken) =>
        SendAsync(server, [":method: GET", ":scheme: https", ":authority: localhost", ":path: " + path, .. headers], EndStream, cancellationToken);

    /// <summary>The same of an extended CONNECT, which has to be refused: its stream stays open to the server.</summary>
    public static Task ConnectAsync(IPEndPoint server, string path, string[] headers, CancellationToken cancellationToken) => SendAsync(
        server, [":method: CONNECT", ":protocol: websocket", ":scheme: https", ":authority: localhost", ":path: " + path, .. headers], 0, cancellationToken);

    static async Task SendAsync(IPEndPoint server, string[] fields, byte end, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, limit.Token);
        await using SslStream tls = new(new NetworkStream(socket), false);
#pragma warning disable CA5359 // the test's own gateway on loopback
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        }, limit.Token);
#pragma warning restore CA5359
        using MemoryStream block = new();
        foreach (string field in fields) Literal(block, field);
        await tls.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), limit.Token);
        await tls.WriteAsync((byte[])[.. Head(0, Settings, 0, 0), .. Head((int)block.Length, Headers, (byte)(end | EndHeaders), 1), .. block.ToArray()], limit.Token);

        byte[] head = new byte[9];
        while (true)
        {
            await tls.ReadExactlyAsync(head, limit.Token);
            byte[] payload = new byte[BinaryPrimitives.ReadInt32BigEndian([0, .. head.AsSpan(0, 3)])];
            await tls.ReadExactlyAsync(payload, limit.Token);
            (byte type, byte flags) = (head[3], head[4]);
            if (type is Reset or GoAway) throw new IOException($"the server answered with frame {type}: {Convert.ToHexString(payload)}");
            if (type is Data or Headers && (flags & EndStream) != 0) return;
        }
    }

    static byte[] Head(int length, byte type, byte flags, byte stream) => [(byte)(length >> 16), (byte)(length >> 8), (byte)length, type, flags, 0, 0, 0, stream];

    /// <summary>A field that is not to be indexed, without Huffman (RFC 7541 section 6.2.2); names and values are short.</summary>
    static void Literal(MemoryStream block, string field)
    {
        int colon = field.IndexOf(": ", 1, StringComparison.Ordinal);
        block.WriteByte(0);
#pragma warning disable CA1308 // names are lower case in HTTP/2
        foreach (string text in (string[])[field[..colon].ToLowerInvariant(), field[(colon + 2)..]])
#pragma warning restore CA1308
        {
            Assert.InRange(text.Length, 0, 126);
            block.WriteByte((byte)text.Length);
            block.Write(Encoding.ASCII.GetBytes(text));
        }
    }
}
