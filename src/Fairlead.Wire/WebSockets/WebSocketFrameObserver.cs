using System.Buffers.Binary;

namespace Fairlead.Wire.WebSockets;

/// <summary>
/// Follows one direction of a WebSocket that passes by, and changes nothing: where frames begin and end, and the byte that a message
/// begins with. For a relay that passes bytes on as they are and must know where it may put something of its own.
/// </summary>
/// <remarks>RFC 6455 section 5.2. Holds no payload. Nothing is read from a header beyond its 14 bytes, whatever length it names.</remarks>
/// <param name="isMasked">The direction is a client's, whose payloads are masked.</param>
public sealed class WebSocketFrameObserver(bool isMasked)
{
    const int Continuation = 0, Binary = 2, CloseFrame = 8, Pong = 10, LongestControl = 125;

    readonly byte[] _header = new byte[14];
    int _have, _need = 2;
    int _first = -1; // the first byte of the message, which says what it is; -1 before it has come
    int _maskAt; // where in the masking key the payload that was seen last begins
    long _left, _length;
    bool _inPayload, _inMessage;

    /// <summary>The next byte begins a frame: control frames may go in front of it.</summary>
    public bool IsBetweenFrames => _have == 0;

    /// <summary>Neither a frame nor a message in fragments is under way: a message may go in front of the next byte.</summary>
    public bool IsBetweenMessages => _have == 0 && !_inMessage;

    /// <summary>True for the first byte of a control frame.</summary>
    public static bool IsControl(byte first) => (first & 0x0f) >= CloseFrame;

    /// <summary>True for the first byte of a Close frame.</summary>
    public static bool IsClose(byte first) => (first & 0x0f) == CloseFrame;

    /// <summary>Looks at bytes up to the end of the frame in progress, or all of them.</summary>
    /// <returns>How far it looked, and what payload of which kind of message lay there.</returns>
    /// <exception cref="FormatException">This is no WebSocket frame that either side may send here.</exception>
    public ObservedPart Observe(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        if (!_inPayload)
        {
            while (_have < _need)
            {
                if (at == bytes.Length) return new ObservedPart(at, -1, default, false);
                _header[_have++] = bytes[at++];
                if (_have == 2) _need = HeaderLength();
            }

            ReadLength();
            _inPayload = true;
        }

        int take = (int)Math.Min(_left, bytes.Length - at);
        bool isData = (_header[0] & 0x0f) < CloseFrame;
        int payload = at;
        if (isData && _first < 0 && take > 0)
        {
            _first = isMasked ? bytes[at] ^ Mask(0) : bytes[at]; // it is always the first of its frame
            payload++;
        }

        int first = isData ? _first : -1;
        _maskAt = (int)((_length - _left + payload - at) & 3);
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

        return new ObservedPart(at, first, first < 0 ? default : payload..at, endsMessage);
    }

    /// <summary>Copies what <see cref="Observe"/> has just found, as it was before it was masked.</summary>
    /// <param name="payload">The payload, or a part of it.</param>
    /// <param name="destination">At least as long.</param>
    /// <param name="start">Where in the payload the part begins.</param>
    public void Unmask(ReadOnlySpan<byte> payload, Span<byte> destination, int start = 0)
    {
        for (int i = 0; i < payload.Length; i++) destination[i] = isMasked ? (byte)(payload[i] ^ Mask(_maskAt + start + i)) : payload[i];
    }

    byte Mask(int at) => _header[_header[1] switch
    {
        0x80 | 126 => 4,
        0x80 | 127 => 10,
        _ => 2,
    } + (at & 3)];

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
        _length = _left;
    }
}

/// <summary>What lay in bytes that were looked at.</summary>
/// <param name="Length">How far was looked: to the end of a frame, or of the bytes.</param>
/// <param name="First">The first byte of the message; -1 for control frames, and before that byte has come.</param>
/// <param name="Payload">Where what follows that byte lies, as it travels: masked, or base64.</param>
/// <param name="EndsMessage">A whole message has ended here.</param>
public readonly record struct ObservedPart(int Length, int First, Range Payload, bool EndsMessage);
