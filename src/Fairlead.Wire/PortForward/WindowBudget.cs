namespace Fairlead.Wire.PortForward;

/// <summary>
/// What the windows of all conversations of a carrier may come to. A conversation begins with little, with less the more there are, and
/// gets more when it has shown that it can use it.
/// </summary>
/// <param name="total">Bytes that all windows together may have beyond the least that each has.</param>
/// <remarks>Not safe for concurrent use.</remarks>
public sealed class WindowBudget(long total)
{
    /// <summary>What a conversation begins with, where few others are, and however many others are. Bytes.</summary>
    public const int Usual = 64 * 1024, Least = 16 * 1024;

    /// <summary>
    /// The time that a byte needs on its way from one program to the other beside the line's: a window that is too small for it would make
    /// both wait for each other on the fastest line.
    /// </summary>
    static readonly TimeSpan s_inside = TimeSpan.FromMilliseconds(1);

    /// <summary>What all windows have now.</summary>
    public long Given { get; private set; }

    /// <summary>A window for a new conversation.</summary>
    public int Begin()
    {
        long free = total - Given;
        int size = free >= total / 2 ? Usual : free >= total / 4 ? Usual / 2 : Least;
        Given += size;
        return size;
    }

    /// <summary>
    /// Twice the window, where half of it came so fast that the peer must have waited for credit in a round trip, and the budget has it.
    /// </summary>
    /// <param name="size">The window.</param>
    /// <param name="consumed">Bytes that were read in <paramref name="elapsed"/>.</param>
    /// <param name="elapsed">How long that took.</param>
    /// <param name="roundTrip">Of the line.</param>
    /// <returns>The window from now on.</returns>
    public int Grow(int size, long consumed, TimeSpan elapsed, TimeSpan roundTrip)
    {
        double wanted = 2.0 * consumed * (roundTrip + s_inside).Ticks / Math.Max(1, elapsed.Ticks);
        if (wanted <= size || size > total / 4 || Given + size > total) return size;
        Given += size;
        return size * 2;
    }

    /// <summary>A conversation is over.</summary>
    public void Return(int size) => Given -= size;
}
