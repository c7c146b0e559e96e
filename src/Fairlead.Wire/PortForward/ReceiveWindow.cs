namespace Fairlead.Wire.PortForward;

/// <summary>
/// How much is taken of one direction of a conversation: no more than <see cref="Size"/> bytes are ever on their way or unread. All of it
/// is totals since the conversation's beginning.
/// </summary>
/// <param name="size">Bytes that may be on their way or unread.</param>
public struct ReceiveWindow(int size)
{
    /// <summary>Bytes that may be on their way or unread.</summary>
    public int Size { get; private set; } = size;

    /// <summary>The total that the peer was told it may send.</summary>
    public long Limit { get; private set; } = size;

    /// <summary>The total that has come.</summary>
    public long Received { get; private set; }

    /// <summary>The total that was read.</summary>
    public long Consumed { get; private set; }

    /// <summary>What has come and was not read.</summary>
    public readonly long Held => Received - Consumed;

    /// <summary>So much has come.</summary>
    /// <returns>False where it is more than the peer was told it may send: it has broken the protocol, and nothing is counted.</returns>
    public bool TryReceive(int count)
    {
        if (count > Limit - Received) return false;
        Received += count;
        return true;
    }

    /// <summary>So much was read.</summary>
    /// <returns>
    /// True when there is enough to give that it is worth a record: a quarter of the window. What a reader takes beyond that is missing at
    /// the next time, which then waits for bytes that this credit lets go: with halves that left half of the line empty.
    /// </returns>
    public bool Consume(long count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)count, (ulong)Held, nameof(count));
        Consumed += count;
        return Next() - Limit >= (Size + 3) / 4;
    }

    /// <summary>More may be on its way from now on. A window never becomes smaller: what was given cannot be taken back.</summary>
    public void Widen(int size) => Size = Math.Max(Size, size);

    /// <summary>Gives what can be given.</summary>
    /// <returns>The total to tell the peer.</returns>
    public long Give() => Limit = Math.Max(Limit, Next());

    readonly long Next() => Consumed > long.MaxValue - Size ? long.MaxValue : Consumed + Size;
}
