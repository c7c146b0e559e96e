using System.Buffers.Binary;
using System.Text;

namespace Fairlead.Wire.PortForward;

/// <summary>The messages of <c>portforward.fairlead.v1</c>.</summary>
/// <remarks>
/// <code>
/// DATA      | 00 | bytes ...
/// OPEN      | 01 | port (2) |
/// CONNECTED | 02 |
/// REFUSED   | 03 | code (2) | text, UTF-8 ... |
/// END       | 04 |
/// RESET     | 05 | code (2) | text, UTF-8 ... |
/// </code>
/// Numbers are big-endian. What follows the fields named here is ignored. Source: docs/protocols/portforward.md.
/// </remarks>
public static class DirectMessage
{
    /// <summary>The longest message other than DATA that a sender may send and a receiver must take.</summary>
    public const int LongestControl = 4096;

    /// <summary>The most bytes of text that are sent: of a longer one the beginning.</summary>
    public const int LongestText = 1024;

    /// <summary>A connection to this port, please.</summary>
    public static byte[] EncodeOpen(int port)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)port, ushort.MaxValue, nameof(port));
        byte[] message = [(byte)DirectMessageType.Open, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(1), (ushort)port);
        return message;
    }

    /// <summary>CONNECTED or END, which say nothing more.</summary>
    public static ReadOnlyMemory<byte> Bare(DirectMessageType type) => type switch
    {
        DirectMessageType.Connected => s_connected,
        DirectMessageType.End => s_end,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>REFUSED or RESET.</summary>
    public static byte[] EncodeFault(DirectMessageType type, ForwardFault fault, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (type is not (DirectMessageType.Refused or DirectMessageType.Reset)) throw new ArgumentOutOfRangeException(nameof(type));
        Span<byte> utf8 = stackalloc byte[LongestText];
        Encoding.UTF8.TryGetBytes(text, utf8, out int length);
        if (length == 0 && text.Length > 0) length = EncodeBeginning(text, utf8);
        byte[] message = new byte[3 + length];
        message[0] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(1), (ushort)fault);
        utf8[..length].CopyTo(message.AsSpan(3));
        return message;
    }

    /// <summary>Reads the port of an OPEN, without its type byte.</summary>
    /// <returns>False for a message that is too short.</returns>
    public static bool TryDecodeOpen(ReadOnlySpan<byte> body, out int port)
    {
        port = body.Length < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(body);
        return body.Length >= 2;
    }

    /// <summary>Reads a REFUSED or RESET, without its type byte. Bytes that are no UTF-8 become replacement characters.</summary>
    /// <returns>False for a message that is too short.</returns>
    public static bool TryDecodeFault(ReadOnlySpan<byte> body, out ForwardFault fault, out PeerText text)
    {
        (fault, text) = (ForwardFault.Unspecified, default);
        if (body.Length < 2) return false;
        fault = Known((ForwardFault)BinaryPrimitives.ReadUInt16BigEndian(body));
        text = PeerText.FromUtf8(body[2..Math.Min(body.Length, 2 + LongestText)]).Trim();
        return true;
    }

    static readonly byte[] s_connected = [(byte)DirectMessageType.Connected];
    static readonly byte[] s_end = [(byte)DirectMessageType.End];

    static int EncodeBeginning(string text, Span<byte> utf8)
    {
        Encoding.UTF8.GetEncoder().Convert(text, utf8, flush: false, out _, out int length, out _);
        return length;
    }

    static ForwardFault Known(ForwardFault fault) => Enum.IsDefined(fault) ? fault : ForwardFault.Unspecified;
}
