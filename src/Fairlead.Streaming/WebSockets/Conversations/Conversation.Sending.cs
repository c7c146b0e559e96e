using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>What goes to the peer: the writer's, and the write loop that packs it.</summary>
sealed partial class Conversation
{
    /// <summary>Less of a buffer than this is not put into the rest of a message: it waits for the next.</summary>
    const int LeastPart = 1024;

    internal void Enqueue(MessageBuffer buffer)
    {
        bool isTaken, isReady = false;
        lock (_lock)
        {
            isTaken = !_isOver;
            if (isTaken)
            {
                _unsent.Enqueue(buffer);
                isReady = _send.Available > 0;
            }
        }

        if (isReady) _set.Ready(this);
        if (isTaken) return;
        buffer.Return();
        _writer.OnDropped();
    }

    internal void EndWrites()
    {
        lock (_lock)
        {
            if (_isOver || _localEnded) return;
            _localEnded = true;
            if (_unsent.Count > 0) return; // said behind the last of them
        }

        _set.Ready(this);
    }

    /// <summary>Writes what can be said now, in the order in which the peer expects it. The write loop's.</summary>
    /// <param name="room">Where to; it has room for what has no data.</param>
    /// <param name="isFirst">Nothing is in the message yet.</param>
    /// <param name="sent">Is given the writer of each buffer that was packed whole.</param>
    /// <param name="length">How much was written.</param>
    internal PackResult Pack(Span<byte> room, bool isFirst, List<ChannelPipeWriter> sent, out int length)
    {
        lock (_lock)
        {
            length = 0;
            if (_isOpenDue)
                length += ForwardRecord.WriteOpen(room, Id, new ForwardOpen(_receive.Limit, ForwardKind.Stream, 0, Port, default));
            if (_isConnectedDue) length += ForwardRecord.WriteNumber(room[length..], ForwardRecordType.Connected, Id, _receive.Limit);
            if (_isCreditDue) length += ForwardRecord.WriteNumber(room[length..], ForwardRecordType.Credit, Id, _receive.Give());
            _isOpenDue = _isConnectedDue = _isCreditDue = false;
            if (!PackData(room, sent, ref length)) return PackResult.More;
            if (_fault is { } fault) return PackFault(fault, room, isFirst && length == 0, ref length);
            if (!_localEnded || _endSent || _unsent.Count > 0 || _isOver) return PackResult.Idle;
            if (room.Length - length < ForwardRecordHeader.Size) return PackResult.More;
            length += ForwardRecord.WriteEnd(room[length..], Id);
            _endSent = true;
            _isOver = _peerEnded;
            return _isOver ? PackResult.Over : PackResult.Idle;
        }
    }

    /// <returns>False where more could be sent, and did not fit.</returns>
    bool PackData(Span<byte> room, List<ChannelPipeWriter> sent, ref int length)
    {
        while (_unsent.TryPeek(out MessageBuffer buffer) && _send.Available > 0)
        {
            int most = room.Length - length - ForwardRecordHeader.Size, rest = buffer.Length - _firstSent;
            if (most < Math.Min(rest, LeastPart)) return false;
            int count = _send.Take(Math.Min(rest, most));
            new ForwardRecordHeader(ForwardRecordType.Data, count, Id).Write(room[length..]);
            buffer.Payload.Slice(_firstSent, count).CopyTo(room[(length + ForwardRecordHeader.Size)..]);
            length += ForwardRecordHeader.Size + count;
            _firstSent += count;
            if (_firstSent < buffer.Length) continue;
            _unsent.Dequeue().Return();
            _firstSent = 0;
            sent.Add(_writer);
        }

        return true;
    }

    /// <summary>Behind what the peer has credit for; it will not have more.</summary>
    PackResult PackFault(byte[] fault, Span<byte> room, bool isAlone, ref int length)
    {
        while (_unsent.TryDequeue(out MessageBuffer buffer)) buffer.Return();
        bool hasText = fault.Length > ForwardRecordHeader.Size + 2;
        if (hasText && !isAlone) return PackResult.NextAlone;
        if (room.Length - length < fault.Length) return PackResult.More;
        fault.CopyTo(room[length..]);
        length += fault.Length;
        _fault = null;
        return hasText ? PackResult.OverAlone : PackResult.Over;
    }

    void DropUnsent()
    {
        lock (_lock)
        {
            _fault = null;
            while (_unsent.TryDequeue(out MessageBuffer buffer)) buffer.Return();
        }
    }
}
