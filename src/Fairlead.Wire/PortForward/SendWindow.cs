namespace Fairlead.Wire.PortForward;

/// <summary>How much may be sent of one direction of a conversation: totals, so that nothing said twice counts twice.</summary>
public struct SendWindow
{
    /// <summary>The total that the peer takes.</summary>
    public long Limit { get; private set; }

    /// <summary>The total that was sent.</summary>
    public long Sent { get; private set; }

    /// <summary>What may be sent now.</summary>
    public readonly long Available => Limit - Sent;

    /// <summary>The peer takes this total. A total that is no more than it said before changes nothing.</summary>
    public void Raise(long total) => Limit = Math.Max(Limit, total);

    /// <summary>Sends as much as may be, and no more than is wanted.</summary>
    /// <returns>How many bytes.</returns>
    public int Take(int wanted)
    {
        int count = (int)Math.Min(wanted, Available);
        Sent += count;
        return count;
    }
}
