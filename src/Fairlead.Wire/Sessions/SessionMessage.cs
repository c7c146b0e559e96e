using System.Buffers.Binary;
using System.Text;

namespace Fairlead.Wire.Sessions;

/// <summary>The messages of <c>session.fairlead.v1</c> that are not DATA.</summary>
/// <remarks>
/// <code>
/// DATA    | 00 to 0f: the channel | bytes ...
/// HELLO   | 10 | version (1) | server (16) | clock (8) | keep, s (4) |
/// OPEN    | 11 | version (1) | flags (1) | attempt (4) | id (16) | secret (32) | digest (32) | server (16) | clock (8)
///                | n (1) | n totals | keep, s (4) |
/// OPENED  | 12 | flags (1) | n (1) | n totals |
/// REFUSED | 13 | code (2) | text, UTF-8 ... |
/// CONFIRM | 14 | n (1) | n totals |
/// END     | 15 | channel (1) | total (8) |
/// LEAVE   | 16 |
/// a total | channel (1) | total (8) |
/// </code>
/// Numbers are big-endian; totals are below 2^63. What follows the fields named here is ignored. Source: docs/protocols/session.md.
/// </remarks>
public static class SessionMessage
{
    /// <summary>The subprotocol's name.</summary>
    public const string Subprotocol = "session.fairlead.v1";

    /// <summary>The version that HELLO and OPEN name.</summary>
    public const byte Version = 1;

    /// <summary>The highest number of a channel.</summary>
    public const byte LastChannel = 15;

    /// <summary>The longest message other than DATA that a sender may send and a receiver must take.</summary>
    public const int LongestControl = 4096;

    /// <summary>The most bytes of text that are sent: of a longer one the beginning.</summary>
    public const int LongestText = 1024;

    /// <summary>The length of a secret in bytes.</summary>
    public const int SecretLength = 32;

    /// <summary>The most that <see cref="WriteConfirm"/> writes.</summary>
    public const int LongestConfirm = 2 + (LastChannel + 1) * TotalLength;

    /// <summary>Keeping for longer is told as this long.</summary>
    public static readonly TimeSpan LongestKeep = TimeSpan.FromDays(30);

    const int MomentLength = 16 + sizeof(long), TotalLength = 1 + sizeof(long);
    const int KeepLength = sizeof(uint), HelloBody = 1 + MomentLength + KeepLength;
    const int IdAt = 1 + 1 + sizeof(uint), OpenFixed = IdAt + 16 + SecretLength + RequestDigest.Length + MomentLength;
    const byte Known = 1, Resumed = 1;

    /// <summary>HELLO.</summary>
    public static byte[] EncodeHello(SessionHello hello)
    {
        ArgumentNullException.ThrowIfNull(hello);
        byte[] message = new byte[1 + HelloBody];
        (message[0], message[1]) = ((byte)SessionMessageType.Hello, Version);
        WriteMoment(message.AsSpan(2), hello.Moment);
        WriteKeep(message.AsSpan(2 + MomentLength), hello.Keep);
        return message;
    }

    /// <summary>Reads a HELLO, without its type byte.</summary>
    /// <returns>Null for one that is too short, or of another version.</returns>
    public static SessionHello? DecodeHello(ReadOnlySpan<byte> body)
    {
        if (body.Length < HelloBody || body[0] != Version || ReadMoment(body[1..]) is not { } moment) return null;
        return new SessionHello(moment, ReadKeep(body[(1 + MomentLength)..]));
    }

    /// <summary>OPEN.</summary>
    /// <exception cref="ArgumentException">The secret or the digest has another length than it must.</exception>
    public static byte[] EncodeOpen(SessionOpening opening)
    {
        ArgumentNullException.ThrowIfNull(opening);
        if (opening.Secret.Length != SecretLength || opening.Digest.Length != RequestDigest.Length)
            throw new ArgumentException("A secret and a digest have 32 bytes each.", nameof(opening));
        byte[] message = new byte[1 + OpenFixed + 1 + opening.Received.Count * TotalLength + KeepLength];
        (message[0], message[1], message[2]) = ((byte)SessionMessageType.Open, Version, opening.IsKnown ? Known : (byte)0);
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(3), opening.Attempt);
        BinaryPrimitives.WriteUInt128BigEndian(message.AsSpan(1 + IdAt), opening.Id);
        Span<byte> rest = message.AsSpan(1 + IdAt + 16);
        opening.Secret.Span.CopyTo(rest);
        opening.Digest.Span.CopyTo(rest[SecretLength..]);
        WriteMoment(rest[(SecretLength + RequestDigest.Length)..], opening.First);
        WriteTotals(message.AsSpan(1 + OpenFixed), opening.Received);
        WriteKeep(message.AsSpan(message.Length - KeepLength), opening.Keep);
        return message;
    }

    /// <summary>Reads an OPEN, without its type byte.</summary>
    /// <returns>Null for one that cannot be read, or of another version.</returns>
    public static SessionOpening? DecodeOpen(ReadOnlySpan<byte> body)
    {
        if (body.Length < OpenFixed + 1 || body[0] != Version) return null;
        ReadOnlySpan<byte> rest = body[(IdAt + 16)..];
        if (ReadMoment(rest[(SecretLength + RequestDigest.Length)..]) is not { } first || ReadTotals(body[OpenFixed..]) is not { } received)
            return null;
        ReadOnlySpan<byte> keep = body[(OpenFixed + 1 + received.Length * TotalLength)..];
        if (keep.Length < KeepLength) return null;
        return new SessionOpening
        {
            Attempt = BinaryPrimitives.ReadUInt32BigEndian(body[2..]),
            Id = BinaryPrimitives.ReadUInt128BigEndian(body[IdAt..]),
            Secret = rest[..SecretLength].ToArray(),
            Digest = rest.Slice(SecretLength, RequestDigest.Length).ToArray(),
            First = first,
            IsKnown = (body[1] & Known) != 0,
            Received = received,
            Keep = ReadKeep(keep),
        };
    }

    /// <summary>OPENED.</summary>
    public static byte[] EncodeOpened(SessionAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        byte[] message = new byte[3 + answer.Received.Count * TotalLength];
        (message[0], message[1]) = ((byte)SessionMessageType.Opened, answer.IsResumed ? Resumed : (byte)0);
        WriteTotals(message.AsSpan(2), answer.Received);
        return message;
    }

    /// <summary>Reads an OPENED, without its type byte.</summary>
    /// <returns>Null for one that cannot be read.</returns>
    public static SessionAnswer? DecodeOpened(ReadOnlySpan<byte> body) =>
        body.Length < 2 || ReadTotals(body[1..]) is not { } received ? null : new SessionAnswer((body[0] & Resumed) != 0, received);

    /// <summary>REFUSED.</summary>
    public static byte[] EncodeRefused(SessionRefusal code, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<byte> utf8 = stackalloc byte[LongestText];
        Encoding.UTF8.GetEncoder().Convert(text, utf8, flush: false, out _, out int length, out _);
        byte[] message = new byte[3 + length];
        message[0] = (byte)SessionMessageType.Refused;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(1), (ushort)code);
        utf8[..length].CopyTo(message.AsSpan(3));
        return message;
    }

    /// <summary>Reads a REFUSED, without its type byte. A code that nobody knows means nothing more.</summary>
    /// <returns>False for a message that is too short.</returns>
    public static bool TryDecodeRefused(ReadOnlySpan<byte> body, out SessionRefusal code, out PeerText text)
    {
        (code, text) = (SessionRefusal.Unspecified, default);
        if (body.Length < 2) return false;
        code = (SessionRefusal)BinaryPrimitives.ReadUInt16BigEndian(body);
        if (!Enum.IsDefined(code)) code = SessionRefusal.Unspecified;
        text = PeerText.FromUtf8(body[2..Math.Min(body.Length, 2 + LongestText)]).Trim();
        return true;
    }

    /// <summary>CONFIRM, into memory of the caller's.</summary>
    /// <param name="into">At least <see cref="LongestConfirm"/> bytes.</param>
    /// <param name="totals">One for each channel that there is something to say of.</param>
    /// <returns>The message's length.</returns>
    public static int WriteConfirm(Span<byte> into, ReadOnlySpan<ChannelTotal> totals)
    {
        (into[0], into[1]) = ((byte)SessionMessageType.Confirm, (byte)totals.Length);
        for (int i = 0; i < totals.Length; i++) WriteTotal(into[(2 + i * TotalLength)..], totals[i]);
        return 2 + totals.Length * TotalLength;
    }

    /// <summary>Reads a CONFIRM, without its type byte.</summary>
    /// <param name="body">The message.</param>
    /// <param name="totals">Room for <see cref="LastChannel"/> + 1 of them.</param>
    /// <returns>How many there are; -1 for a message that cannot be read.</returns>
    public static int ReadConfirm(ReadOnlySpan<byte> body, Span<ChannelTotal> totals)
    {
        int count = body.IsEmpty ? -1 : body[0];
        if (count < 0 || count > totals.Length || body.Length < 1 + count * TotalLength) return -1;
        for (int i = 0; i < count; i++)
        {
            if (ReadTotal(body[(1 + i * TotalLength)..]) is not { } total) return -1;
            totals[i] = total;
        }

        return count;
    }

    /// <summary>END, into memory of the caller's.</summary>
    /// <param name="into">At least 10 bytes.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="length">Its bytes, all of them.</param>
    /// <returns>The message's length.</returns>
    public static int WriteEnd(Span<byte> into, byte channel, long length)
    {
        into[0] = (byte)SessionMessageType.End;
        WriteTotal(into[1..], new ChannelTotal(channel, length));
        return 1 + TotalLength;
    }

    /// <summary>Reads an END, without its type byte: the channel, and how many bytes it had.</summary>
    /// <returns>Null for a message that cannot be read.</returns>
    public static ChannelTotal? DecodeEnd(ReadOnlySpan<byte> body) => body.Length < TotalLength ? null : ReadTotal(body);

    /// <summary>LEAVE.</summary>
    public static ReadOnlyMemory<byte> Leave { get; } = new byte[] { (byte)SessionMessageType.Leave };

    static void WriteMoment(Span<byte> into, SessionMoment moment)
    {
        BinaryPrimitives.WriteUInt128BigEndian(into, moment.Server);
        BinaryPrimitives.WriteInt64BigEndian(into[16..], moment.Clock);
    }

    static SessionMoment? ReadMoment(ReadOnlySpan<byte> from) =>
        BinaryPrimitives.ReadInt64BigEndian(from[16..]) is >= 0 and var clock
            ? new SessionMoment(BinaryPrimitives.ReadUInt128BigEndian(from), clock)
            : null;

    static void WriteKeep(Span<byte> into, TimeSpan keep) =>
        BinaryPrimitives.WriteUInt32BigEndian(into, (uint)Math.Min(keep.TotalSeconds, LongestKeep.TotalSeconds));

    static TimeSpan ReadKeep(ReadOnlySpan<byte> from)
    {
        TimeSpan keep = TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(from));
        return keep > LongestKeep ? LongestKeep : keep;
    }

    static void WriteTotals(Span<byte> into, IReadOnlyList<ChannelTotal> totals)
    {
        into[0] = (byte)totals.Count;
        for (int i = 0; i < totals.Count; i++) WriteTotal(into[(1 + i * TotalLength)..], totals[i]);
    }

    static void WriteTotal(Span<byte> into, ChannelTotal total)
    {
        into[0] = total.Channel;
        BinaryPrimitives.WriteInt64BigEndian(into[1..], total.Total);
    }

    static ChannelTotal[]? ReadTotals(ReadOnlySpan<byte> from)
    {
        Span<ChannelTotal> totals = stackalloc ChannelTotal[LastChannel + 1];
        int count = ReadConfirm(from, totals);
        return count < 0 ? null : totals[..count].ToArray();
    }

    static ChannelTotal? ReadTotal(ReadOnlySpan<byte> from) =>
        from[0] <= LastChannel && BinaryPrimitives.ReadInt64BigEndian(from[1..]) is >= 0 and < long.MaxValue and var total
            ? new ChannelTotal(from[0], total)
            : null;
}
