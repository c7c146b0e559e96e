using System.Buffers;
using System.Buffers.Binary;

namespace Fairlead.Wire.Spdy;

/// <summary>
/// Wraps the header blocks that this side sends in one zlib stream, without compressing them: stored blocks, each followed by the
/// empty one that a sync flush leaves. They are a few dozen bytes a stream; what is gained is the same bytes every time.
/// </summary>
/// <remarks>
/// <code>
/// first block only:  78 BB | E3 C6 A7 C2                 window 32 KiB, preset dictionary, its sum
/// every block:       00 | length (le16) | ~length | bytes ...   as often as 65535 bytes need it
///                    00 | 00 00         | FF FF                 Go's inflater keeps data back until it sees this
/// </code>
/// One for each direction of a connection, in the order in which frames are sent. Source: RFC 1950 and RFC 1951, section 3.2.4.
/// </remarks>
public sealed class SpdyHeaderDeflater
{
    bool _started;

    /// <summary>Writes one header block as it travels.</summary>
    public void Deflate(ReadOnlySpan<byte> block, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!_started)
        {
            _started = true;
            output.Write<byte>([0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2]);
        }

        while (!block.IsEmpty)
        {
            ReadOnlySpan<byte> stored = block[..Math.Min(block.Length, ushort.MaxValue)];
            WriteStoredHeader(stored.Length, output);
            output.Write(stored);
            block = block[stored.Length..];
        }

        WriteStoredHeader(0, output);
    }

    internal static void WriteStoredHeader(int length, IBufferWriter<byte> output)
    {
        Span<byte> header = output.GetSpan(5);
        header[0] = 0; // not the last block, stored
        BinaryPrimitives.WriteUInt16LittleEndian(header[1..], (ushort)length);
        BinaryPrimitives.WriteUInt16LittleEndian(header[3..], (ushort)~length);
        output.Advance(5);
    }
}
