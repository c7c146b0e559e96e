using System.Net.WebSockets;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>Records of the peer's. The read loop's.</summary>
sealed partial class ConversationSet
{
    readonly ForwardRecordParser _parser = new();
    byte[] _body = []; // of the record in progress, where it is no DATA
    int _bodyLength;
    Conversation? _receiving;
    SessionLostException? _farewell;

    void IPackedMessages.Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ForwardRecordPart part = _parser.Next(bytes);
            if (part.IsBegin) Begin(_parser.Header);
            if (part.IsBody) TakeBody(bytes[..part.Length]);
            if (part.IsEnd) End(_parser.Header);
            bytes = bytes[part.Length..];
        }
    }

    Memory<byte> IPackedMessages.Direct() => _receiving is { } receiving && _parser.Left > 0 ? receiving.Room(_parser.Left) : default;

    void IPackedMessages.TakeDirect(int count)
    {
        _receiving!.Advance(count);
        _parser.Skip(count);
        if (_parser.Left == 0) End(_parser.Header);
    }

    void IPackedMessages.EndMessage()
    {
        if (!_parser.IsBetweenRecords) throw Broken("A message ends within a record");
    }

    void Begin(ForwardRecordHeader header)
    {
        _bodyLength = 0;
        if (header.Type is ForwardRecordType.Data)
            _receiving = Find(header) is { } conversation && conversation.BeginData(header.Length) ? conversation : null;
        else if (header.Length > ForwardRecord.LongestControl && header.Type <= ForwardRecordType.Pong)
            throw Broken($"A record without data is longer than {ForwardRecord.LongestControl} bytes");
    }

    void TakeBody(ReadOnlySpan<byte> bytes)
    {
        ForwardRecordHeader header = _parser.Header;
        if (header.Type is ForwardRecordType.Data) _receiving?.Receive(bytes);
        else if (header.Type <= ForwardRecordType.Pong)
        {
            if (_body.Length < header.Length) _body = new byte[Math.Max(64, header.Length)];
            bytes.CopyTo(_body.AsSpan(_bodyLength));
            _bodyLength += bytes.Length;
        }
    }

    void End(ForwardRecordHeader header)
    {
        ReadOnlySpan<byte> body = _body.AsSpan(0, _bodyLength);
        switch (header.Type)
        {
            case ForwardRecordType.Data:
                _receiving?.EndData();
                _receiving = null;
                break;
            case ForwardRecordType.Open:
                OnOpen(header.Conversation, body);
                break;
            case ForwardRecordType.Connected:
                long credit = ReadCredit(body);
                Find(header)?.OnConnected(credit);
                break;
            case ForwardRecordType.Credit:
                long total = ReadCredit(body);
                Find(header)?.OnCredit(total);
                break;
            case ForwardRecordType.End:
                Find(header)?.OnEnd();
                break;
            case ForwardRecordType.Refused or ForwardRecordType.Reset:
                OnFault(header, ForwardResetException.Read(body, _limits.Withheld) ?? throw Broken("A refusal or reset has no code"));
                break;
            case ForwardRecordType.Ping or ForwardRecordType.Pong:
                if (!ForwardRecord.TryReadNumber(body, out long said)) throw Broken("A PING or PONG is too short");
                if (header.Type is ForwardRecordType.Pong) RoundTrip.Answer(said);
                else Answer(said);
                break;
        }
    }

    void OnOpen(uint id, ReadOnlySpan<byte> body)
    {
        if (!ForwardRecord.TryReadOpen(body, out ForwardOpen open)) throw Broken("An OPEN is too short, or its credit beyond 63 bits");
        if (IsOurs(id) || id == 0) throw Broken($"The peer opens conversation {id}, which is not its to open");
        Conversation conversation;
        lock (_lock)
        {
            if (id <= _lastTheirs) throw Broken($"The peer opens conversation {id} again, or behind a later one");
            _lastTheirs = id;
            ForwardFault? refusal = !_isServer || open is not { Kind: ForwardKind.Stream, Flags: 0, Host.IsEmpty: true }
                ? ForwardFault.BadRequest
                : _held >= _limits.Conversations ? ForwardFault.LimitReached
                : _loss is not null ? ForwardFault.CarrierLost : null;
            if (refusal is { } fault)
            {
                _refusals.Enqueue((id, fault));
                if (_refusals.Count > _limits.Conversations) throw Flood();
            }
            else
            {
                _held++;
                conversation = new Conversation(this, id, open);
                _conversations.Add(id, conversation);
                Incoming.Writer.TryWrite(conversation);
                return;
            }
        }

        Ring();
    }

    void OnFault(ForwardRecordHeader header, ForwardResetException reason)
    {
        if (header.Conversation != 0) Find(header)?.OnFault(header.Type, reason);
        else if (header.Type is ForwardRecordType.Reset)
            _farewell = new SessionLostException(SessionLoss.PeerClosed, reason.Message, reason);
        else throw Broken("Conversation 0 was refused");
    }

    /// <returns>Null for a conversation that is over.</returns>
    Conversation? Find(ForwardRecordHeader header)
    {
        uint id = header.Conversation;
        lock (_lock)
        {
            if (_conversations.TryGetValue(id, out Conversation? conversation)) return conversation;
            if (id != 0 && id <= (IsOurs(id) ? _lastOurs : _lastTheirs)) return null;
        }

        throw Broken($"The peer speaks of conversation {id}, which was never opened");
    }

    static long ReadCredit(ReadOnlySpan<byte> body) => ForwardRecord.TryReadCredit(body, out long credit)
        ? credit
        : throw Broken("A credit is too short, or beyond 63 bits");

    static SessionLostException Flood() =>
        new(SessionLoss.ProtocolError, "The peer opens conversations and does not read how they are refused.")
        {
            Data = { [nameof(WebSocketCloseStatus)] = WebSocketCloseStatus.PolicyViolation },
        };
}
