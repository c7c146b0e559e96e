using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>Whose turn it is, and the packing: of each conversation what fits, and then the next one's.</summary>
sealed partial class ConversationSet
{
    /// <summary>Less room than this is not given to a further conversation: what has no data must fit whole.</summary>
    const int LeastRoom = 512;

    readonly Queue<Conversation> _ready = [];
    readonly Queue<(uint Id, ForwardFault Fault)> _refusals = []; // of conversations that never were
    readonly List<ChannelPipeWriter> _packed = []; // whose buffers are in the message that is being sent; the write loop's
    Conversation? _alone; // whose record has the next message for itself; the write loop's
    long? _pong;
    bool _isPingDue, _isRung;

    /// <summary>A conversation has something to say. From any thread; call it under no lock.</summary>
    internal void Ready(Conversation conversation)
    {
        lock (_lock) Queue(conversation);
        Ring();
    }

    /// <summary>Under the lock.</summary>
    void Queue(Conversation conversation)
    {
        if (conversation.IsQueued) return;
        conversation.IsQueued = true;
        _ready.Enqueue(conversation);
    }

    void Ring()
    {
        lock (_lock)
        {
            if (_isRung) return;
            _isRung = true;
        }

        _carrier.Ring();
    }

    void Answer(long ping)
    {
        lock (_lock) _pong = ping; // of several only the last: a peer that asks and does not listen costs nothing
        Ring();
    }

    /// <summary>Asks for the round trip, where it is not known well enough.</summary>
    internal void Measure()
    {
        if (!RoundTrip.IsDue()) return;
        lock (_lock) _isPingDue = true;
    }

    int IPackedMessages.Pack(Span<byte> room)
    {
        int length = 0;
        do
        {
            if (_alone is null) PackOwn(room, ref length);
            PackConversations(room, ref length);
        }
        while (length == 0 && !Rests());

        return length;
    }

    void PackConversations(Span<byte> room, ref int length)
    {
        while (room.Length - length >= LeastRoom && Next() is { } conversation)
        {
            PackResult result = conversation.Pack(room[length..], length == 0, _packed, out int written);
            length += written;
            switch (result)
            {
                case PackResult.More:
                    lock (_lock) Queue(conversation);
                    if (written == 0) return;
                    break;
                case PackResult.NextAlone:
                    _alone = conversation;
                    return;
                case PackResult.Over:
                    Forget(conversation);
                    break;
                case PackResult.OverAlone:
                    Forget(conversation);
                    return;
            }
        }
    }

    Conversation? Next()
    {
        if (_alone is { } alone)
        {
            _alone = null;
            return alone;
        }

        lock (_lock)
        {
            if (_ready.TryDequeue(out Conversation? conversation)) conversation.IsQueued = false;
            return conversation;
        }
    }

    /// <returns>False where something came to be said meanwhile; otherwise whoever has something rings.</returns>
    bool Rests()
    {
        lock (_lock)
        {
            if (_ready.Count > 0 || _refusals.Count > 0 || _pong is not null || _isPingDue) return false;
            _isRung = false;
            return true;
        }
    }

    /// <summary>What is no conversation's.</summary>
    void PackOwn(Span<byte> room, ref int length)
    {
        long? pong;
        bool isPingDue;
        lock (_lock)
        {
            (pong, isPingDue, _pong, _isPingDue) = (_pong, _isPingDue, null, false);
            while (room.Length - length >= LeastRoom && _refusals.TryDequeue(out (uint Id, ForwardFault Fault) refusal))
                length += ForwardRecord.WriteFault(room[length..], ForwardRecordType.Refused, refusal.Id, refusal.Fault);
        }

        if (pong is { } said) length += ForwardRecord.WriteNumber(room[length..], ForwardRecordType.Pong, 0, said);
        if (isPingDue) length += ForwardRecord.WriteNumber(room[length..], ForwardRecordType.Ping, 0, RoundTrip.Ask());
    }

    void IPackedMessages.OnPacked(bool isSent)
    {
        foreach (ChannelPipeWriter writer in _packed)
        {
            if (isSent) writer.OnSent();
            else writer.OnDropped();
        }

        _packed.Clear();
    }
}
