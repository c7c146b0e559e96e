using System.Buffers.Binary;

namespace Fairlead.Testing;

/// <summary>Frames as bytes, right ones and wrong ones.</summary>
/// <remarks>Source: RFC 6455 section 5.2.</remarks>
public static class RawWebSocketFrames
{
    /// <summary>The mask of the protocol notes' vectors.</summary>
    public static ReadOnlySpan<byte> Mask => [0x37, 0xFA, 0x21, 0x3D];

    /// <summary>Encodes one frame.</summary>
    /// <param name="opcode">0 to 15.</param>
    /// <param name="payload">What it carries.</param>
    /// <param name="fin">Whether it ends a message.</param>
    /// <param name="masked">As a client must.</param>
    /// <param name="reserved">RSV1 to RSV3; 0 is right.</param>
    /// <param name="announcedLength">A length in the header that is not the payload's; 8 bytes wide.</param>
    public static byte[] Encode(int opcode, ReadOnlySpan<byte> payload, bool fin = true, bool masked = true, int reserved = 0, long? announcedLength = null)
    {
        long length = announcedLength ?? payload.Length;
        List<byte> frame = [(byte)((fin ? 0x80 : 0) | (reserved << 4) | opcode)];
        byte maskBit = (byte)(masked ? 0x80 : 0);
        if (length < 126 && announcedLength is null) frame.Add((byte)(maskBit | length));
        else if (length <= ushort.MaxValue && announcedLength is null)
        {
            frame.Add((byte)(maskBit | 126));
            byte[] wide = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(wide, (ushort)length);
            frame.AddRange(wide);
        }
        else
        {
            frame.Add((byte)(maskBit | 127));
            byte[] wide = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(wide, length);
            frame.AddRange(wide);
        }

        if (masked) frame.AddRange(Mask);
        for (int i = 0; i < payload.Length; i++) frame.Add(masked ? (byte)(payload[i] ^ Mask[i & 3]) : payload[i]);
        return [.. frame];
    }

    /// <summary>Reads one frame.</summary>
    /// <param name="stream">Where from.</param>
    /// <param name="largest">The largest payload that the test expects.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null at the end of the stream, if it ends between frames.</returns>
    public static async Task<RawFrame?> ReadAsync(Stream stream, int largest = 64 << 20, CancellationToken cancellationToken = default)
    {
        byte[] head = new byte[2];
        if (await stream.ReadAtLeastAsync(head, 2, throwOnEndOfStream: false, cancellationToken) is var read && read < 2)
            return read == 0 ? null : throw new EndOfStreamException("The stream ended in a frame's header.");

        long length = head[1] & 0x7F;
        if (length >= 126)
        {
            byte[] wide = new byte[length == 126 ? 2 : 8];
            await stream.ReadExactlyAsync(wide, cancellationToken);
            length = wide.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(wide) : BinaryPrimitives.ReadInt64BigEndian(wide);
        }

        if (length < 0 || length > largest) throw new InvalidDataException($"A frame of {length} bytes.");
        bool masked = (head[1] & 0x80) != 0;
        byte[] mask = new byte[4];
        if (masked) await stream.ReadExactlyAsync(mask, cancellationToken);
        byte[] payload = new byte[length];
        await stream.ReadExactlyAsync(payload, cancellationToken);
        for (int i = 0; masked && i < payload.Length; i++) payload[i] ^= mask[i & 3];
        return new RawFrame(head[0], masked, payload);
    }
}
