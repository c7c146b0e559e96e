using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Node.Tests.CriProxy;

/// <summary>An HTTP/2 client that sends any <c>:authority</c>, as libraries that check theirs cannot.</summary>
static class RawHttp2
{
    const byte Data = 0, Headers = 1, Settings = 4, Continuation = 9, EndStream = 1, EndHeaders = 4, Padded = 8, Priority = 32;

    /// <summary>Makes one gRPC call with an empty message.</summary>
    /// <param name="socket">The Unix socket.</param>
    /// <param name="path">The call.</param>
    /// <param name="authority">As it is sent; null for none.</param>
    /// <param name="first">How many bytes of the headers come in a first frame, with a priority and padding, and the rest in one that continues it; 0 for all in one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The type of the first frame that the server sends for it: 1 for an answer, 3 for a reset.</returns>
    public static async Task<int> CallAsync(string socket, string path, string? authority, int first, CancellationToken cancellationToken)
    {
        using Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
        await using NetworkStream stream = new(connection);
        List<byte> block = [0x83, 0x86]; // :method POST, :scheme http
        Add(block, 0x04, path);
        if (authority is not null) Add(block, 0x41, authority); // with indexing, as Go and C clients send it
        Add(block, 0x0F, 0x10, "application/grpc"); // content-type
        block.Add(0x00);
        AddText(block, "te");
        AddText(block, "trailers");

        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), cancellationToken);
        await SendAsync(Settings, 0, 0, []);
        if (first == 0)
        {
            await SendAsync(Headers, EndHeaders, 1, [.. block]);
        }
        else
        {
            await SendAsync(Headers, Padded | Priority, 1, [7, 0, 0, 0, 0, 15, .. block[..first], .. new byte[7]]);
            await SendAsync(Continuation, EndHeaders, 1, [.. block[first..]]);
        }

        await SendAsync(Data, EndStream, 1, new byte[5]);
        byte[] head = new byte[9];
        while (true)
        {
            await stream.ReadExactlyAsync(head, cancellationToken);
            await stream.ReadExactlyAsync(new byte[head[0] << 16 | head[1] << 8 | head[2]], cancellationToken);
            if (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) == 1 && head[3] != 8) return head[3]; // 8 is WINDOW_UPDATE
        }

        async Task SendAsync(byte type, byte flags, int id, byte[] payload)
        {
            byte[] frame = new byte[9 + payload.Length];
            (frame[1], frame[2], frame[3], frame[4], frame[8]) = ((byte)(payload.Length >> 8), (byte)payload.Length, type, flags, (byte)id);
            payload.CopyTo(frame, 9);
            await stream.WriteAsync(frame, cancellationToken);
        }
    }

    static void Add(List<byte> block, byte name, string value)
    {
        block.Add(name);
        AddText(block, value);
    }

    static void Add(List<byte> block, byte name, byte rest, string value)
    {
        block.Add(name);
        Add(block, rest, value);
    }

    static void AddText(List<byte> block, string text)
    {
        block.Add(checked((byte)text.Length)); // shorter than 127
        block.AddRange(Encoding.ASCII.GetBytes(text));
    }
}
