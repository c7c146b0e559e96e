using System.Buffers;
using System.Buffers.Binary;

namespace Fairlead.Wire.Spdy;

/// <summary>
/// Takes frames off the front of what a connection delivers, however it is cut. Control frames come whole; data comes as it arrives,
/// so that a frame of 16 MiB needs no buffer of that size: its FIN is on the last part.
/// </summary>
/// <remarks>A frame's length is judged as soon as its first 8 bytes are there. Not thread-safe: one reader a connection.</remarks>
/// <param name="limits">What is taken.</param>
public sealed class SpdyFrameReader(SpdyLimits limits)
{
    uint _stream;
    SpdyFlags _flags;
    int _dataLeft;

    /// <summary>Bytes that were taken since the connection began.</summary>
    public long Offset { get; private set; }

    /// <summary>A frame was begun and is not whole: an end of the connection here cuts it.</summary>
    public bool IsInsideData => _dataLeft > 0;

    /// <summary>The most bytes that are asked for before a control frame is understood.</summary>
    public int LongestControlFrame => SpdyFrame.HeaderLength + Math.Max(10 + limits.HeaderBlockBytes, 4 + (8 * limits.Settings));

    /// <summary>Takes one frame, or one part of a data frame.</summary>
    /// <param name="input">The bytes so far; what was read is sliced off.</param>
    /// <param name="frame">The frame; its payload lies in <paramref name="input"/>'s buffers.</param>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="SpdyProtocolException">The bytes are no frame, or one that goes beyond a limit.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> input, out SpdyFrame frame)
    {
        frame = default;
        if (_dataLeft > 0) return TryReadData(ref input, out frame);
        if (input.Length < SpdyFrame.HeaderLength) return false;

        Span<byte> head = stackalloc byte[SpdyFrame.HeaderLength + 10];
        input.Slice(0, SpdyFrame.HeaderLength).CopyTo(head);
        uint second = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        SpdyFlags flags = (SpdyFlags)(second >> 24);
        int length = (int)(second & 0xffffff);
        if ((head[0] & 0x80) == 0) return BeginData(ref input, BinaryPrimitives.ReadUInt32BigEndian(head), flags, length, out frame);

        SpdyFrameType type = CheckControl(head, flags, length);
        if (input.Length < SpdyFrame.HeaderLength + length) return false;

        int fixedLength = SpdyFrame.FixedLength(type);
        ReadOnlySequence<byte> payload = input.Slice(SpdyFrame.HeaderLength, length);
        head = head[..fixedLength];
        payload.Slice(0, fixedLength).CopyTo(head);
        frame = new SpdyFrame(
            type, flags,
            Id: BinaryPrimitives.ReadUInt32BigEndian(head),
            Value: fixedLength >= 8 ? BinaryPrimitives.ReadUInt32BigEndian(head[4..]) : 0,
            Payload: length > fixedLength ? payload.Slice(fixedLength) : default, // what is empty holds on to no buffer
            Priority: fixedLength >= 10 ? BinaryPrimitives.ReadUInt16BigEndian(head[8..]) : (ushort)0);
        CheckFields(frame);
        Take(ref input, SpdyFrame.HeaderLength + length);
        return true;
    }

    bool BeginData(ref ReadOnlySequence<byte> input, uint stream, SpdyFlags flags, int length, out SpdyFrame frame)
    {
        if (stream == 0) throw Malformed("A DATA frame has stream 0.");
        if ((flags & ~SpdyFlags.Fin) != 0) throw Malformed($"A DATA frame has flags {(byte)flags:x2}.");
        if (length > limits.DataBytes) throw Malformed($"A DATA frame of {length} bytes is longer than {limits.DataBytes}.");
        Take(ref input, SpdyFrame.HeaderLength);
        (_stream, _flags, _dataLeft) = (stream, flags, length);
        if (length > 0) return TryReadData(ref input, out frame);
        frame = new SpdyFrame(SpdyFrameType.Data, flags, stream);
        return true;
    }

    bool TryReadData(ref ReadOnlySequence<byte> input, out SpdyFrame frame)
    {
        frame = default;
        int count = (int)Math.Min(input.Length, _dataLeft);
        if (count == 0) return false;
        _dataLeft -= count;
        frame = new SpdyFrame(SpdyFrameType.Data, _dataLeft == 0 ? _flags : SpdyFlags.None, _stream, Payload: input.Slice(0, count));
        Take(ref input, count);
        return true;
    }

    SpdyFrameType CheckControl(ReadOnlySpan<byte> head, SpdyFlags flags, int length)
    {
        int version = BinaryPrimitives.ReadUInt16BigEndian(head) & 0x7fff;
        if (version != SpdyFrame.Version) throw Malformed($"A control frame has version {version}.");
        SpdyFrameType type = (SpdyFrameType)BinaryPrimitives.ReadUInt16BigEndian(head[2..]);
        (int least, int most, SpdyFlags allowed) = type switch
        {
            SpdyFrameType.SynStream => (10, 10 + limits.HeaderBlockBytes, SpdyFlags.Fin | SpdyFlags.Unidirectional),
            SpdyFrameType.SynReply or SpdyFrameType.Headers => (4, 4 + limits.HeaderBlockBytes, SpdyFlags.Fin),
            SpdyFrameType.Settings => (4, 4 + (8 * limits.Settings), SpdyFlags.Fin),
            SpdyFrameType.ResetStream or SpdyFrameType.GoAway or SpdyFrameType.WindowUpdate => (8, 8, SpdyFlags.None),
            SpdyFrameType.Ping => (4, 4, SpdyFlags.None),
            _ => throw Malformed($"A control frame has the unknown type {(ushort)type}."),
        };
        if (length < least || length > most) throw Malformed($"A {type} frame of {length} bytes is not one of {least} to {most}.");
        if ((flags & ~allowed) != 0) throw Malformed($"A {type} frame has flags {(byte)flags:x2}.");
        return type;
    }

    void CheckFields(in SpdyFrame frame)
    {
        // Stream 0 is the connection in a WINDOW_UPDATE, nothing at all in a GOAWAY, and a count of 0 in SETTINGS.
        if (frame.Id == 0 && frame.Type is not (SpdyFrameType.WindowUpdate or SpdyFrameType.GoAway or SpdyFrameType.Settings))
            throw Malformed($"A {frame.Type} frame has id 0.");
        if (frame is { Type: SpdyFrameType.ResetStream, Value: 0 }) throw Malformed("A ResetStream frame has status 0.");
        if (frame.Type is SpdyFrameType.Settings && frame.Payload.Length != 8L * frame.Id)
            throw Malformed($"A Settings frame says {frame.Id} entries and has {frame.Payload.Length} bytes of them.");
    }

    void Take(ref ReadOnlySequence<byte> input, int count)
    {
        input = input.Slice(count);
        Offset += count;
    }

    SpdyProtocolException Malformed(string reason) => new(reason, Offset);
}
