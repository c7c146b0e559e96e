using System.Buffers;
using System.Buffers.Binary;

namespace Fairlead.Wire.Spdy;

/// <summary>One frame, or one part of a long data frame.</summary>
/// <remarks>
/// <code>
/// control  |1| version=3 (15) | type (16) | flags (8) | length (24) | payload |
/// data     |0| stream (31)                | flags (8) | length (24) | payload |
///
/// SYN_STREAM     stream (32) associated (32) priority and slot (16) header block
/// SYN_REPLY      stream (32) header block          HEADERS    the same
/// RST_STREAM     stream (32) status (32)           GOAWAY     last good stream (32) status (32)
/// PING           id (32)                           WINDOW_UPDATE  stream (32) delta (32)
/// SETTINGS       count (32), then count times: flags (8) id (24) value (32)
/// </code>
/// All integers big-endian. Source: the SPDY/3.1 draft, sections 2.2 and 2.6.
/// </remarks>
/// <param name="Type">The frame's type.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Id">The stream; a PING's id; a GOAWAY's last good stream; how many SETTINGS.</param>
/// <param name="Value">A status, a WINDOW_UPDATE's delta, or a SYN_STREAM's associated stream.</param>
/// <param name="Payload">Data, a compressed header block or the SETTINGS; belongs to whoever owns the buffer that was read.</param>
/// <param name="Priority">A SYN_STREAM's priority and slot as they travel; everybody sends 0.</param>
public readonly record struct SpdyFrame(
    SpdyFrameType Type, SpdyFlags Flags, uint Id, uint Value = 0, ReadOnlySequence<byte> Payload = default, ushort Priority = 0)
{
    /// <summary>Bytes in front of every payload.</summary>
    public const int HeaderLength = 8;

    internal const ushort Version = 3;

    /// <summary>The sender's half of the stream ends with this frame.</summary>
    public bool IsFin => (Flags & SpdyFlags.Fin) != 0;

    /// <summary>RST_STREAM.</summary>
    public static SpdyFrame Reset(uint stream, SpdyResetStatus status) => new(SpdyFrameType.ResetStream, 0, stream, (uint)status);

    /// <summary>PING; odd ids are the client's questions, even ones the server's.</summary>
    public static SpdyFrame Ping(uint id) => new(SpdyFrameType.Ping, 0, id);

    /// <summary>GOAWAY.</summary>
    public static SpdyFrame GoAway(uint lastGoodStream, SpdyGoAwayStatus status) =>
        new(SpdyFrameType.GoAway, 0, lastGoodStream, (uint)status);

    /// <summary>Writes the header of a data frame into 8 bytes, which lie directly in front of its payload.</summary>
    public static void WriteDataHeader(Span<byte> destination, uint stream, SpdyFlags flags, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stream, (uint)int.MaxValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (1u << 24) - 1, nameof(length));
        BinaryPrimitives.WriteUInt32BigEndian(destination, stream);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], ((uint)flags << 24) | (uint)length);
    }

    /// <summary>Writes the whole frame.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int fixedLength = FixedLength(Type);
        Span<byte> head = output.GetSpan(HeaderLength + 10);
        int length = checked(fixedLength + (int)Payload.Length);
        if (Type is SpdyFrameType.Data) WriteDataHeader(head, Id, Flags, length);
        else
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(length, 1 << 24, nameof(Payload));
            BinaryPrimitives.WriteUInt16BigEndian(head, Version | 0x8000);
            BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)Type);
            BinaryPrimitives.WriteUInt32BigEndian(head[4..], ((uint)Flags << 24) | (uint)length);
            BinaryPrimitives.WriteUInt32BigEndian(head[8..], Id);
            if (fixedLength >= 8) BinaryPrimitives.WriteUInt32BigEndian(head[12..], Value);
            if (fixedLength >= 10) BinaryPrimitives.WriteUInt16BigEndian(head[16..], Priority);
        }

        output.Advance(HeaderLength + fixedLength);
        foreach (ReadOnlyMemory<byte> part in Payload) output.Write(part.Span);
    }

    /// <summary>Bytes of a type's payload that are integers of this struct.</summary>
    internal static int FixedLength(SpdyFrameType type) => type switch
    {
        SpdyFrameType.Data => 0,
        SpdyFrameType.SynStream => 10,
        SpdyFrameType.ResetStream or SpdyFrameType.GoAway or SpdyFrameType.WindowUpdate => 8,
        _ => 4,
    };
}
