using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Fairlead.Server.Issued;

/// <summary>
/// Streams that were asked for and not fetched yet, each by a ticket that is good once and for a moment. Safe for concurrent use.
/// </summary>
/// <remarks>
/// Half of a ticket finds the stream, the other half is compared in constant time: both are random, so that no ticket can be guessed
/// by trying, and no try tells how close it was.
/// </remarks>
/// <param name="time">The clock.</param>
public sealed class StreamTickets(TimeProvider time)
{
    /// <summary>How long a ticket is good: as long as a container runtime's own.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    /// <summary>How many may be waiting at a time: as many as at a container runtime.</summary>
    public const int Most = 1000;

    const int HalfBytes = 16;

    readonly Lock _lock = new();
    readonly Dictionary<UInt128, Waiting> _waiting = [];
    readonly Queue<(UInt128 Name, long Since)> _order = new();

    /// <summary>Issues a ticket.</summary>
    /// <returns>The ticket: 256 random bits, as text that may stand in a URL; null where too many wait.</returns>
    public string? Issue(IssuedStream stream)
    {
        byte[] ticket = RandomNumberGenerator.GetBytes(2 * HalfBytes);
        UInt128 name = NameOf(ticket);
        lock (_lock)
        {
            Forget();
            if (_waiting.Count >= Most) return null;
            _waiting.Add(name, new Waiting(stream, ticket[HalfBytes..]));
            _order.Enqueue((name, time.GetTimestamp()));
        }

        return Base64Url.EncodeToString(ticket);
    }

    /// <summary>Takes a ticket, which is good no more.</summary>
    /// <returns>Its stream; null for one that was never issued, was taken before, or is too old.</returns>
    public IssuedStream? Redeem(string? ticket)
    {
        byte[] bytes = new byte[2 * HalfBytes];
        if (ticket is null || Base64Url.DecodeFromChars(ticket, bytes, out _, out int length) != OperationStatus.Done
            || length != bytes.Length) return null;
        lock (_lock)
        {
            Forget();
            UInt128 name = NameOf(bytes);
            if (!_waiting.TryGetValue(name, out Waiting? waiting)
                || !CryptographicOperations.FixedTimeEquals(bytes.AsSpan(HalfBytes), waiting.Secret)) return null;
            _waiting.Remove(name);
            return waiting.Stream;
        }
    }

    /// <summary>Drops those whose time is over; they were issued in the order of their ends.</summary>
    void Forget()
    {
        while (_order.TryPeek(out var oldest) && (time.GetElapsedTime(oldest.Since) >= Lifetime || !_waiting.ContainsKey(oldest.Name)))
        {
            _order.Dequeue();
            _waiting.Remove(oldest.Name);
        }
    }

    static UInt128 NameOf(ReadOnlySpan<byte> ticket) => BinaryPrimitives.ReadUInt128LittleEndian(ticket[..HalfBytes]);

    sealed record Waiting(IssuedStream Stream, byte[] Secret);
}
