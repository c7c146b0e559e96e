using System.Buffers.Binary;
using System.Net.Sockets;

namespace Fairlead.FunctionalTests.Forwarding.Browsing;

/// <summary>
/// A database that speaks as PostgreSQL does: a question whether there is TLS, a start, then queries one after the other, each answered by a
/// row and by "ready". A query may ask to be cut off in the middle of its answer.
/// </summary>
static class PodDatabase
{
    internal const byte Query = (byte)'Q', CutQuery = (byte)'C', Terminate = (byte)'X', Row = (byte)'D', Ready = (byte)'Z', Authentic = (byte)'R';

    const int TlsRequest = 80877103, Version = 196608;

    internal static async Task ServeAsync(Socket socket)
    {
        await using NetworkStream stream = new(socket);
        byte[] head = new byte[8];
        await stream.ReadExactlyAsync(head);
        Assert.Equal((8, TlsRequest), (BinaryPrimitives.ReadInt32BigEndian(head), BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4))));
        await stream.WriteAsync("N"u8.ToArray());
        await stream.ReadExactlyAsync(head);
        Assert.Equal((8, Version), (BinaryPrimitives.ReadInt32BigEndian(head), BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4))));
        await stream.WriteAsync((byte[])[.. Message(Authentic, []), .. Message(Ready, "I"u8)]);
        while (true)
        {
            (byte type, byte[] body) = await ReadAsync(stream);
            if (type == Terminate) return;
            int number = BinaryPrimitives.ReadInt32BigEndian(body);
            Content.Expect(number, body.AsSpan(4));
            byte[] row = Message(Row, Content.Of(number + 1));
            if (type == CutQuery)
            {
                await stream.WriteAsync(row.AsMemory(0, row.Length / 2));
                await ReadAsync(stream); // the client has seen the beginning
                PodService.Reset(socket);
                return;
            }

            await stream.WriteAsync((byte[])[.. row, .. Message(Ready, "I"u8)]);
        }
    }

    /// <summary>What a client says first, and hears.</summary>
    internal static async Task StartAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] head = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(head, 8);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), TlsRequest);
        await stream.WriteAsync(head, cancellationToken);
        byte[] no = new byte[1];
        await stream.ReadExactlyAsync(no, cancellationToken);
        Assert.Equal("N"u8, no);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), Version);
        await stream.WriteAsync(head, cancellationToken);
        Assert.Equal((Authentic, 0), await TypeAsync());
        Assert.Equal((Ready, 1), await TypeAsync());

        async Task<(byte, int)> TypeAsync()
        {
            (byte type, byte[] body) = await ReadAsync(stream, cancellationToken);
            return (type, body.Length);
        }
    }

    /// <summary>A query with the content of a number.</summary>
    internal static byte[] Ask(byte type, int number)
    {
        byte[] body = [0, 0, 0, 0, .. Content.Of(number)];
        BinaryPrimitives.WriteInt32BigEndian(body, number);
        return Message(type, body);
    }

    internal static byte[] Message(byte type, ReadOnlySpan<byte> body)
    {
        byte[] message = [type, 0, 0, 0, 0, .. body];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), body.Length + 4);
        return message;
    }

    internal static async Task<(byte Type, byte[] Body)> ReadAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        byte[] head = new byte[5];
        await stream.ReadExactlyAsync(head, cancellationToken);
        byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4];
        await stream.ReadExactlyAsync(body, cancellationToken);
        return (head[0], body);
    }
}
