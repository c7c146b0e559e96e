using Fairlead.Wire;

namespace Fairlead.Streaming.Resumption;

/// <summary>The bounds and deadlines of sessions that outlive their carriers.</summary>
public sealed record ResumptionLimits
{
    /// <summary>The defaults.</summary>
    public static ResumptionLimits Default { get; } = new();

    /// <summary>Bytes of one channel that may be sent and not confirmed, to begin with. 256 KiB.</summary>
    public int WindowBytes { get; init; } = 256 * 1024;

    /// <summary>Up to so many where a long way to a fast reader has use for them. 4 MiB.</summary>
    public int MostWindowBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>What a channel may keep although the budget is used up, so that it goes on. 64 KiB.</summary>
    public int LeastBytes { get; init; } = 64 * 1024;

    /// <summary>So much that was passed on is confirmed at once. 64 KiB.</summary>
    public int ConfirmBytes { get; init; } = 64 * 1024;

    /// <summary>Less is confirmed after this time. 50 ms.</summary>
    public TimeSpan ConfirmDelay { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromMilliseconds(50);

    /// <summary>After so long without a byte from a peer that has something to confirm it is pinged. 1 s.</summary>
    public TimeSpan PingAfter { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(1);

    /// <summary>After so long without a byte since then the carrier is given up. 5 s.</summary>
    public TimeSpan GiveUpAfter { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(5);

    /// <summary>How long opening a session on a carrier may take, from the upgrade to the answer. 30 s.</summary>
    public TimeSpan OpeningTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(30);
}
