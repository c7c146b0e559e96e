using System.Buffers.Binary;
using System.Text;

namespace Fairlead.Wire.PortForward;

/// <summary>The records of <c>portforward.fairlead.v2</c>: many conversations on one carrier.</summary>
/// <remarks>
/// <code>
/// DATA      | 00 | length | id | bytes ...
/// OPEN      | 01 | length | id | credit (8) | kind (1) | flags (1) | port (2) | host length (1) | host, UTF-8 ...
/// CONNECTED | 02 | length | id | credit (8)
/// REFUSED   | 03 | length | id | code (2) | text, UTF-8 ...
/// END       | 04 | length | id |
/// RESET     | 05 | length | id | code (2) | text, UTF-8 ...
/// CREDIT    | 06 | length | id | credit (8)
/// PING      | 07 | length | 0  | eight bytes
/// PONG      | 08 | length | 0  | the same
/// </code>
/// Numbers are big-endian. What follows the fields named here is ignored. Source: docs/protocols/portforward.md.
/// </remarks>
public static class ForwardRecord
{
    /// <summary>The longest body of a record other than DATA that a sender may send and a receiver must take.</summary>
    public const int LongestControl = 4096;

    /// <summary>The longest name of a host, in bytes.</summary>
    public const int LongestHost = 255;

    /// <summary>Room that any record needs that has neither data nor text.</summary>
    public const int LongestBare = ForwardRecordHeader.Size + OpenFields + LongestHost;

    const int OpenFields = 13;

    /// <summary>Writes an OPEN.</summary>
    /// <returns>Its length.</returns>
    public static int WriteOpen(Span<byte> destination, uint conversation, in ForwardOpen open)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)open.Port, ushort.MaxValue, nameof(open));
        int host = Encoding.UTF8.GetByteCount(open.Host.Raw);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(host, LongestHost, nameof(open));
        new ForwardRecordHeader(ForwardRecordType.Open, OpenFields + host, conversation).Write(destination);
        Span<byte> body = destination[ForwardRecordHeader.Size..];
        BinaryPrimitives.WriteInt64BigEndian(body, open.Credit);
        (body[8], body[9], body[12]) = ((byte)open.Kind, open.Flags, (byte)host);
        BinaryPrimitives.WriteUInt16BigEndian(body[10..], (ushort)open.Port);
        Encoding.UTF8.GetBytes(open.Host.Raw, body[OpenFields..]);
        return ForwardRecordHeader.Size + OpenFields + host;
    }

    /// <summary>Writes a CONNECTED or CREDIT, with how many bytes are taken in all, or a PING or PONG, with what it says.</summary>
    /// <returns>Its length.</returns>
    public static int WriteNumber(Span<byte> destination, ForwardRecordType type, uint conversation, long number)
    {
        new ForwardRecordHeader(type, 8, conversation).Write(destination);
        BinaryPrimitives.WriteInt64BigEndian(destination[ForwardRecordHeader.Size..], number);
        return ForwardRecordHeader.Size + 8;
    }

    /// <summary>Writes an END.</summary>
    /// <returns>Its length.</returns>
    public static int WriteEnd(Span<byte> destination, uint conversation)
    {
        new ForwardRecordHeader(ForwardRecordType.End, 0, conversation).Write(destination);
        return ForwardRecordHeader.Size;
    }

    /// <summary>Writes a REFUSED or RESET that says why by its code alone.</summary>
    /// <returns>Its length.</returns>
    public static int WriteFault(Span<byte> destination, ForwardRecordType type, uint conversation, ForwardFault fault)
    {
        new ForwardRecordHeader(type, 2, conversation).Write(destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[ForwardRecordHeader.Size..], (ushort)fault);
        return ForwardRecordHeader.Size + 2;
    }

    /// <summary>A REFUSED or RESET. One with a text is the only record of its message, so that a relay can write it anew.</summary>
    public static byte[] EncodeFault(ForwardRecordType type, uint conversation, ForwardFault fault, string text)
    {
        ReadOnlySpan<byte> body = DirectMessage.EncodeFault((DirectMessageType)type, fault, text).AsSpan(1);
        byte[] record = new byte[ForwardRecordHeader.Size + body.Length];
        new ForwardRecordHeader(type, body.Length, conversation).Write(record);
        body.CopyTo(record.AsSpan(ForwardRecordHeader.Size));
        return record;
    }

    /// <summary>Reads the body of an OPEN.</summary>
    /// <returns>False where it is too short for its fields, or its credit is beyond 63 bits.</returns>
    public static bool TryReadOpen(ReadOnlySpan<byte> body, out ForwardOpen open)
    {
        open = default;
        if (body.Length < OpenFields || body.Length < OpenFields + body[12] || !TryReadCredit(body, out long credit)) return false;
        open = new ForwardOpen(
            credit, (ForwardKind)body[8], body[9], BinaryPrimitives.ReadUInt16BigEndian(body[10..]),
            PeerText.FromUtf8(body.Slice(OpenFields, body[12])));
        return true;
    }

    /// <summary>Reads the body of a CONNECTED or CREDIT.</summary>
    /// <returns>False where it is too short, or the credit is beyond 63 bits.</returns>
    public static bool TryReadCredit(ReadOnlySpan<byte> body, out long credit) => TryReadNumber(body, out credit) && credit >= 0;

    /// <summary>Reads the body of a PING or PONG.</summary>
    /// <returns>False where it is too short.</returns>
    public static bool TryReadNumber(ReadOnlySpan<byte> body, out long number)
    {
        number = body.Length < 8 ? 0 : BinaryPrimitives.ReadInt64BigEndian(body);
        return body.Length >= 8;
    }

    /// <summary>Reads the body of a REFUSED or RESET.</summary>
    /// <returns>False where it is too short.</returns>
    public static bool TryReadFault(ReadOnlySpan<byte> body, out ForwardFault fault, out PeerText text) =>
        DirectMessage.TryDecodeFault(body, out fault, out text);
}
