using System.Buffers;

namespace Fairlead.Streaming.Resumption;

/// <summary>
/// The bytes of one channel from the writer's memory to the peer's confirmation, in pooled segments, without a copy: what is sent is a part
/// of a segment with its header directly in front.
/// </summary>
/// <remarks>
/// The room for a header is the byte before the part, which may be one that is kept: it is lent to the header while the message is sent and
/// given back then, so that only one message is sent at a time. All members are called under the session's lock.
/// </remarks>
sealed class KeptBytes(ByteBudget budget)
{
    /// <summary>Room in front of a segment, for the header of what begins there.</summary>
    const int Headroom = 16;

    /// <summary>Less than this is not lent to a writer: what it reads at once is sent at once.</summary>
    const int LeastRoom = 16 * 1024;

    Segment? _first, _last, _cursor, _sending;
    long _released;
    int _lentAt;
    byte _lentByte;
    bool _isLent;

    /// <summary>Where the next byte goes.</summary>
    internal long End { get; private set; }

    /// <summary>Bytes of memory that it holds.</summary>
    internal int Held { get; private set; }

    /// <summary>Memory for the writer, good until <see cref="Flush"/>.</summary>
    internal Memory<byte> GetMemory(int sizeHint)
    {
        if (_last is null || _last.Free < Math.Max(sizeHint, LeastRoom)) Append(sizeHint);
        _isLent = true;
        return _last!.Unused;
    }

    internal void Advance(int bytes)
    {
        if (bytes == 0) return;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)(_isLent ? _last!.Free : 0), nameof(bytes));
        _last!.Length += bytes;
        End += bytes;
    }

    /// <summary>The writer uses its memory no more.</summary>
    internal void Flush()
    {
        _isLent = false;
        Trim();
    }

    /// <summary>The writer may still be filling its memory, although it is done with it: the memory is left to the collector.</summary>
    internal void Abandon()
    {
        if (_isLent) _last!.IsStray = true;
        Flush();
    }

    /// <summary>Takes a message; <see cref="GiveBack"/> has to follow before the next.</summary>
    /// <param name="from">The offset of its first byte, which is kept.</param>
    /// <param name="to">The offset behind the last byte that may be taken.</param>
    /// <param name="header">Its first byte.</param>
    internal ReadOnlyMemory<byte> Take(long from, long to, byte header)
    {
        if (_cursor is null || from < _cursor.Start) _cursor = _first;
        while (from >= _cursor!.Start + _cursor.Length) _cursor = _cursor.Next;
        int at = (int)(from - _cursor.Start);
        int count = (int)Math.Min(Math.Min(_cursor.Length - at, to - from), MessageBuffer.PayloadCapacity);
        _sending = _cursor;
        _lentAt = Headroom + at - 1;
        _lentByte = _sending.Array[_lentAt];
        _sending.Array[_lentAt] = header;
        return _sending.Array.AsMemory(_lentAt, 1 + count);
    }

    /// <summary>The message that was taken is no more looked at.</summary>
    internal void GiveBack()
    {
        if (_sending is null) return;
        _sending.Array[_lentAt] = _lentByte;
        _sending = null;
        Trim();
    }

    /// <summary>Writes what is kept from an offset on. No message of it is being sent.</summary>
    internal void CopyTo(Stream stream, long from)
    {
        GiveBack();
        for (Segment? segment = _first; segment is not null; segment = segment.Next)
        {
            int skipped = (int)Math.Clamp(from - segment.Start, 0, segment.Length);
            stream.Write(segment.Array.AsSpan(Headroom + skipped, segment.Length - skipped));
        }
    }

    /// <summary>Begins behind bytes that the peer has confirmed to an earlier process. Nothing was written yet.</summary>
    internal void StartAt(long offset) => End = _released = offset;

    /// <summary>What is before this offset is kept no more.</summary>
    internal void Release(long upTo)
    {
        _released = upTo;
        Trim();
    }

    /// <summary>Nothing is kept any more. What is in use by others meanwhile is left to the collector.</summary>
    internal void Clear()
    {
        if (_sending is not null) _sending.IsStray = true;
        _sending = null;
        Abandon();
        Release(End);
    }

    void Append(int sizeHint)
    {
        Segment segment = new(
            ArrayPool<byte>.Shared.Rent(Headroom + Math.Max(sizeHint, MessageBuffer.PayloadCapacity)), End);
        Held += segment.Array.Length;
        budget.Add(segment.Array.Length);
        if (_last is null) _first = segment;
        else _last.Next = segment;
        _last = segment;
    }

    void Trim()
    {
        while (_first is { } segment && segment != _sending && segment.Start + segment.Length <= _released
            && (segment != _last || !_isLent))
        {
            _first = segment.Next;
            if (segment == _last) _last = null;
            if (segment == _cursor) _cursor = null;
            Held -= segment.Array.Length;
            budget.Add(-segment.Array.Length);
            if (!segment.IsStray) ArrayPool<byte>.Shared.Return(segment.Array);
        }
    }

    sealed class Segment(byte[] array, long start)
    {
        internal byte[] Array => array;

        internal long Start => start;

        internal int Length { get; set; }

        internal bool IsStray { get; set; }

        internal Segment? Next { get; set; }

        internal int Free => array.Length - Headroom - Length;

        internal Memory<byte> Unused => array.AsMemory(Headroom + Length);
    }
}
