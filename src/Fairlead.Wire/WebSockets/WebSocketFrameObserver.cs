using System.Buffers.Binary;

namespace Fairlead.Wire.WebSockets;

/// <summary>
/// Follows one direction of a WebSocket that passes by, and changes nothing: where frames begin and end, and which channel a message
/// is on. For a relay that passes bytes on as they are and must know where it may put something of its own.
/// </summary>
/// <remarks>RFC 6455 section 5.2. Holds no payload. Nothing is read from a header beyond its 14 bytes, whatever length it names.</remarks>
/// <param name="isMasked">The direction is a client's, whose payloads are masked.</param>
/// <param name="protocol">What the messages are.</param>
public sealed class WebSocketFrameObserver(bool isMasked, RemoteCommandProtocol protocol)
{
    const int Continuation = 0, Binary = 2, CloseFrame = 8, Pong = 10, LongestControl = 125;

    readonly byte[] _header = new byte[14];
    int _have, _need = 2;
    int _mask; // the first byte of the masking key
    int _first = -1; // the first byte of the message, which is its channel; -1 before it has come
    long _left;
    bool _inPayload, _inMessage;

    /// <summary>The next byte begins a frame: control frames may go in front of it.</summary>
    public bool IsBetweenFrames => _have == 0;

    /// <summary>Neither a frame nor a message in fragments is under way: a message may go in front of the next byte.</summary>
    public bool IsBetweenMessages => _have == 0 && !_inMessage;

    /// <summary>The first byte of the message under way was seen: which channel it is on is known, or that it is on none.</summary>
    public bool KnowsChannel => _first >= 0;

    /// <summary>True for the first byte of a control frame.</summary>
    public static bool IsControl(byte first) => (first & 0x0f) >= CloseFrame;

    /// <summary>True for the first byte of a Close frame.</summary>
    public static bool IsClose(byte first) => (first & 0x0f) == CloseFrame;

    /// <summary>Looks at bytes up to the end of the frame in progress, or all of them.</summary>
    /// <returns>How far it looked, and what payload of which channel lay there.</returns>
    /// <exception cref="FormatException">This is no WebSocket frame that either side may send here.</exception>
    public ObservedPart Observe(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        if (!_inPayload)
        {
            while (_have < _need)
            {
                if (at == bytes.Length) return new ObservedPart(at, null, default, false);
                _header[_have++] = bytes[at++];
                if (_have == 2) _need = HeaderLength();
            }

            ReadLength();
            _inPayload = true;
        }

        int opcode = _header[0] & 0x0f, take = (int)Math.Min(_left, bytes.Length - at);
        bool isData = opcode < CloseFrame;
        Range payload = at..(at + take);
        if (isData && _first < 0 && take > 0)
        {
            _first = isMasked ? bytes[at] ^ _mask : bytes[at]; // it is always the first of its frame
            payload = (at + 1)..(at + take);
        }

        RemoteChannel? channel = isData && _first >= 0 && ChannelMessage.TryDecodeChannel((byte)_first, protocol, out RemoteChannel named)
            ? named
            : null;
        at += take;
        _left -= take;
        bool endsMessage = false;
        if (_left == 0)
        {
            endsMessage = isData && (_header[0] & 0x80) != 0;
            if (isData) _inMessage = !endsMessage;
            if (endsMessage) _first = -1;
            (_have, _need, _inPayload) = (0, 2, false);
        }

        return new ObservedPart(at, channel, channel is null ? default : payload, endsMessage);
    }

    /// <summary>Judges the first two bytes.</summary>
    int HeaderLength()
    {
        int opcode = _header[0] & 0x0f, length = _header[1] & 0x7f;
        bool isFinal = (_header[0] & 0x80) != 0, isControl = opcode >= CloseFrame;
        if ((_header[0] & 0x70) != 0) throw new FormatException("A WebSocket frame has reserved bits set.");
        if (opcode is > Binary and < CloseFrame or > Pong) throw new FormatException($"A WebSocket frame has the unknown opcode {opcode}.");
        if (isControl && (!isFinal || length > LongestControl))
            throw new FormatException("A WebSocket control frame is cut up or too long.");
        if (opcode is Continuation != _inMessage && !isControl)
            throw new FormatException("A WebSocket fragment stands where none may, or a message where a fragment is due.");
        if ((_header[1] & 0x80) != 0 != isMasked)
            throw new FormatException(isMasked ? "A client's WebSocket frame is not masked." : "A server's WebSocket frame is masked.");
        return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (isMasked ? 4 : 0);
    }

    void ReadLength()
    {
        int length = _header[1] & 0x7f;
        _left = length switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
            127 => BinaryPrimitives.ReadInt64BigEndian(_header.AsSpan(2)),
            _ => length,
        };
        if (_left < 0) throw new FormatException("A WebSocket frame names a length beyond 63 bits.");
        if (isMasked) _mask = _header[_need - 4];
    }
}

/// <summary>What lay in bytes that were looked at.</summary>
/// <param name="Length">How far was looked: to the end of a frame, or of the bytes.</param>
/// <param name="Channel">The channel of the payload; null for control frames, headers alone and numbers that name none.</param>
/// <param name="Payload">Where the payload of that channel lies in the bytes, as it travels: masked, or base64.</param>
/// <param name="EndsMessage">A whole message has ended here.</param>
public readonly record struct ObservedPart(int Length, RemoteChannel? Channel, Range Payload, bool EndsMessage);
