using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>What comes from the peer: the read loop's, and the reader's word of what was read.</summary>
sealed partial class Conversation
{
    internal void OnConnected(long credit)
    {
        lock (_lock)
        {
            if (_isOver) return;
            if (!_isAsking || _isAnswered)
                throw ConversationSet.Broken($"Conversation {Id} was answered, and not asked for or answered before");
            _isAnswered = true;
            _send.Raise(credit);
        }

        _answer.TrySetResult(null);
    }

    /// <summary>A refusal or a reset.</summary>
    internal void OnFault(ForwardRecordType type, ForwardResetException reason)
    {
        lock (_lock)
        {
            if (type is ForwardRecordType.Refused && (!_isAsking || _isAnswered))
                throw ConversationSet.Broken($"Conversation {Id} was refused, and not asked for or answered before");
            if (_isOver) return;
            _isOver = true;
            _isConnectedDue = _isCreditDue = false;
        }

        DropUnsent();
        _set.Forget(this);
        Finish(reason, byReadLoop: true);
    }

    internal void OnEnd()
    {
        bool isOver;
        lock (_lock)
        {
            if (_isOver) return;
            if (_peerEnded || (_isAsking && !_isAnswered))
                throw ConversationSet.Broken($"END of conversation {Id} came where it has no meaning");
            _peerEnded = _inputCompleted = true;
            isOver = _isOver = _endSent;
        }

        if (isOver) _set.Forget(this);
        _input.Complete(null);
    }

    internal void OnCredit(long total)
    {
        lock (_lock)
        {
            if (_isAsking && !_isAnswered && !_isOver) throw ConversationSet.Broken($"CREDIT came before conversation {Id} was there");
            _send.Raise(total);
            if (_isOver || _unsent.Count == 0) return;
        }

        _set.Ready(this);
    }

    /// <summary>A DATA record begins.</summary>
    /// <returns>False where nobody takes it any more.</returns>
    internal bool BeginData(int length)
    {
        lock (_lock)
        {
            if (_isOver) return false; // it was on its way when the conversation was cut
            if (_isAsking && !_isAnswered) throw ConversationSet.Broken($"DATA came before conversation {Id} was there");
            if (_peerEnded) throw ConversationSet.Broken($"DATA came behind the END of conversation {Id}");
            if (!_receive.TryReceive(length))
                throw ConversationSet.Broken($"DATA of conversation {Id} is more than the credit that it was given");
            return _isReceiving = length > 0 && !_input.IsDropping;
        }
    }

    internal Memory<byte> Room(int coming)
    {
        Memory<byte> room = _input.GetMemory(coming);
        return room.Length > coming ? room[..coming] : room;
    }

    internal void Advance(int count) => _input.Advance(count);

    internal void Receive(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> room = Room(bytes.Length).Span;
            bytes[..room.Length].CopyTo(room);
            _input.Advance(room.Length);
            bytes = bytes[room.Length..];
        }
    }

    internal void EndData()
    {
        _input.Flush();
        lock (_lock)
        {
            _isReceiving = false;
            if (!_isOver || _inputCompleted) return;
            _inputCompleted = true;
        }

        _input.Complete(new ForwardResetException(ForwardFault.Aborted, "The connection was reset here."));
    }

    /// <summary>The carrier is over.</summary>
    internal void OnLost(IOException loss)
    {
        lock (_lock) _isOver = true;
        DropUnsent();
        Finish(loss, byReadLoop: true);
    }

    /// <summary>So many bytes were read. From any thread.</summary>
    internal void OnConsumed(long count)
    {
        lock (_lock)
        {
            if (_isOver || _peerEnded || !_receive.Consume(count)) return;
            _isCreditDue = true;
            if (_receive.Consumed - _pacedConsumed >= _receive.Size / 2) Widen();
        }

        _set.Measure();
        _set.Ready(this);
    }

    /// <summary>Under the lock: half of the window was read since the last time. How fast that was says whether it is enough.</summary>
    void Widen()
    {
        long now = Time.GetTimestamp();
        TimeSpan elapsed = Time.GetElapsedTime(_pacedAt, now);
        _receive.Widen(_set.GrowWindow(_receive.Size, _receive.Consumed - _pacedConsumed, elapsed));
        (_pacedAt, _pacedConsumed) = (now, _receive.Consumed);
    }
}
