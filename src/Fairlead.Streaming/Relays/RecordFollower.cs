using Fairlead.Wire.PortForward;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Relays;

/// <summary>Follows the records of one direction of <c>portforward.fairlead.v2</c> as they pass. Looks at no data.</summary>
/// <param name="data">Is told how many bytes of a conversation pass.</param>
/// <param name="whole">Is told of each record that is whole, with its body where it is one of those that say something.</param>
sealed class RecordFollower(Action<int> data, RecordFollower.Seen whole)
{
    readonly ForwardRecordParser _parser = new();
    byte[] _body = [];
    int _length;
    bool _inMessage;

    internal delegate void Seen(ForwardRecordHeader header, ReadOnlySpan<byte> body, bool isFirst);

    /// <summary>Records that have begun in this message.</summary>
    internal int Count { get; private set; }

    /// <param name="first">The first byte of the message.</param>
    /// <param name="payload">What has come of it behind that byte.</param>
    /// <param name="frames">Can unmask it; null where it is not masked.</param>
    /// <exception cref="FormatException">These are no records.</exception>
    internal void Follow(byte first, ReadOnlySpan<byte> payload, WebSocketFrameObserver? frames)
    {
        if (!_inMessage)
        {
            (_inMessage, Count) = (true, 0);
            _parser.Next([first]);
        }

        Span<byte> clear = stackalloc byte[ForwardRecordHeader.Size];
        for (int at = 0; at < payload.Length;)
        {
            ReadOnlySpan<byte> rest = payload[at..];
            if (_parser.Left > 0)
            {
                int count = Math.Min(_parser.Left, rest.Length);
                TakeBody(rest[..count], at, frames);
                _parser.Skip(count);
                at += count;
                if (_parser.Left == 0) End();
                continue;
            }

            int header = Math.Min(_parser.HeaderLeft, rest.Length);
            if (frames is null) rest[..header].CopyTo(clear);
            else frames.Unmask(rest[..header], clear, at);
            at += header;
            ForwardRecordPart part = _parser.Next(clear[..header]);
            if (!part.IsBegin) continue;
            Count++;
            _length = 0;
            if (_parser.Header.Type is not ForwardRecordType.Data && _parser.Header.Length > ForwardRecord.LongestControl)
                throw new FormatException("A record without data is longer than it may be.");
            if (part.IsEnd) End();
        }
    }

    /// <exception cref="FormatException">A record is cut.</exception>
    internal void EndMessage()
    {
        if (!_parser.IsBetweenRecords) throw new FormatException("A message ends within a record.");
        _inMessage = false;
    }

    void TakeBody(ReadOnlySpan<byte> bytes, int at, WebSocketFrameObserver? frames)
    {
        ForwardRecordHeader header = _parser.Header;
        if (header.Type is ForwardRecordType.Data)
        {
            data(bytes.Length);
            return;
        }

        if (_body.Length < header.Length) _body = new byte[Math.Max(64, header.Length)];
        if (frames is null) bytes.CopyTo(_body.AsSpan(_length));
        else frames.Unmask(bytes, _body.AsSpan(_length), at);
        _length += bytes.Length;
    }

    void End() => whole(_parser.Header, _body.AsSpan(0, _length), Count == 1);
}
