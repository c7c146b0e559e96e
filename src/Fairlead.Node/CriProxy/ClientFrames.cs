using System.Buffers;
using System.Buffers.Binary;

namespace Fairlead.Node.CriProxy;

/// <summary>
/// Goes through what an HTTP/2 client sends, in pieces of any size, and passes it on: byte for byte, but for blocks of headers whose
/// <c>:authority</c> no server would take.
/// </summary>
/// <param name="output">Where it goes.</param>
sealed class ClientFrames(IBufferWriter<byte> output)
{
    const int PrefaceLength = 24, HeadLength = 9, PriorityLength = 5, LongestFrame = 16 * 1024, LongestBlock = 1 << 20;
    const byte Headers = 1, Continuation = 9, EndHeaders = 0x4, Padded = 0x8, Priority = 0x20;

    /// <summary>The frames of a block that has begun, as they came; what they hold of the block; and the block as it is to be.</summary>
    readonly ArrayBufferWriter<byte> _frames = new(256), _block = new(256), _rewritten = new(256);

    readonly byte[] _priority = new byte[PriorityLength];
    int _passing = PrefaceLength; // bytes that pass without a look
    int _stream;
    byte _flags;
    bool _inBlock;

    /// <summary>Takes what has come, as far as that goes without what comes next.</summary>
    /// <returns>How far it was taken; the rest comes again with more behind it.</returns>
    /// <exception cref="InvalidDataException">It is no HTTP/2: a frame that cannot stand here, is too long, or is shorter than what it
    /// holds.</exception>
    public SequencePosition Take(ReadOnlySequence<byte> bytes)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        while (true)
        {
            if (_passing > 0)
            {
                long count = Math.Min(_passing, bytes.Length);
                foreach (ReadOnlyMemory<byte> part in bytes.Slice(0, count)) output.Write(part.Span);
                bytes = bytes.Slice(count);
                _passing -= (int)count;
            }

            if (bytes.Length < HeadLength) return bytes.Start;
            bytes.Slice(0, HeadLength).CopyTo(head);
            int length = head[0] << 16 | head[1] << 8 | head[2];
            bool isHeaders = head[3] is Headers or Continuation;
            RequireOrder(head);
            if (!isHeaders)
            {
                _passing = HeadLength + length;
                continue;
            }

            if (length > LongestFrame) throw new InvalidDataException("an HTTP/2 frame is too long");
            if (bytes.Length < HeadLength + length) return bytes.Start;
            TakeHeaders(head, bytes.Slice(0, HeadLength + length));
            bytes = bytes.Slice(HeadLength + length);
        }
    }

    /// <summary>
    /// Nothing may come between the frames of a block (RFC 9113 section 6.10), and what is held back here must not be overtaken.
    /// </summary>
    void RequireOrder(ReadOnlySpan<byte> head)
    {
        bool continues = head[3] == Continuation;
        if (continues != _inBlock || (continues && StreamOf(head) != _stream))
            throw new InvalidDataException("an HTTP/2 block of headers is not in one piece");
    }

    void TakeHeaders(ReadOnlySpan<byte> head, ReadOnlySequence<byte> frame)
    {
        byte flags = head[4];
        ReadOnlySequence<byte> payload = frame.Slice(HeadLength);
        if (head[3] == Headers)
        {
            (_flags, _stream, _inBlock) = (flags, StreamOf(head), true);
            _frames.ResetWrittenCount();
            _block.ResetWrittenCount();
            payload = WithoutFrills(payload, flags);
        }

        if (_frames.WrittenCount + frame.Length > LongestBlock)
            throw new InvalidDataException("the headers of an HTTP/2 request are too long");
        Append(frame, _frames);
        Append(payload, _block);
        if ((flags & EndHeaders) == 0) return;
        _inBlock = false;
        _rewritten.ResetWrittenCount();
        if (HpackAuthority.Rewrite(_block.WrittenSpan, _rewritten)) WriteBlock(_rewritten.WrittenSpan);
        else output.Write(_frames.WrittenSpan);
    }

    /// <summary>The part of the block in a HEADERS frame: without the padding, and without the priority, which is kept.</summary>
    ReadOnlySequence<byte> WithoutFrills(ReadOnlySequence<byte> payload, byte flags)
    {
        Span<byte> padding = stackalloc byte[1];
        padding.Clear();
        if ((flags & Padded) != 0)
        {
            if (payload.IsEmpty) throw Malformed();
            payload.Slice(0, 1).CopyTo(padding);
            payload = payload.Slice(1);
        }

        if ((flags & Priority) != 0)
        {
            if (payload.Length < PriorityLength) throw Malformed();
            payload.Slice(0, PriorityLength).CopyTo(_priority);
            payload = payload.Slice(PriorityLength);
        }

        return padding[0] <= payload.Length ? payload.Slice(0, payload.Length - padding[0]) : throw Malformed();
    }

    void WriteBlock(ReadOnlySpan<byte> block)
    {
        bool hasPriority = (_flags & Priority) != 0;
        byte type = Headers, flags = (byte)(_flags & ~(Padded | EndHeaders));
        do
        {
            int before = hasPriority ? PriorityLength : 0, count = Math.Min(block.Length, LongestFrame - before), length = before + count;
            Span<byte> head = output.GetSpan(HeadLength);
            (head[0], head[1], head[2], head[3]) = ((byte)(length >> 16), (byte)(length >> 8), (byte)length, type);
            head[4] = (byte)(flags | (count == block.Length ? EndHeaders : 0));
            BinaryPrimitives.WriteInt32BigEndian(head[5..], _stream);
            output.Advance(HeadLength);
            if (hasPriority) output.Write(_priority);
            output.Write(block[..count]);
            block = block[count..];
            (type, flags, hasPriority) = (Continuation, 0, false);
        }
        while (!block.IsEmpty);
    }

    static void Append(ReadOnlySequence<byte> bytes, ArrayBufferWriter<byte> to)
    {
        foreach (ReadOnlyMemory<byte> part in bytes) to.Write(part.Span);
    }

    static int StreamOf(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadInt32BigEndian(head[5..]);

    static InvalidDataException Malformed() => new("an HTTP/2 HEADERS frame is shorter than what it holds");
}
