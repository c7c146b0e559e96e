using Fairlead.Wire;

namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>How many sessions a server keeps for clients that come back, for how long, and how much of each.</summary>
public sealed record KeepLimits
{
    /// <summary>The defaults.</summary>
    public static KeepLimits Default { get; } = new();

    /// <summary>How long a session is kept that has no carrier; then its client counts as lost. 5 minutes. Clients are told.</summary>
    public TimeSpan Keep { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromMinutes(5);

    /// <summary>Sessions at a time. A client that is refused for it falls back to a form whose sessions end with their carriers.</summary>
    public int MostSessions { get; init; } = 10_000;

    /// <summary>The same for one caller, where callers are known.</summary>
    public int MostSessionsOfCaller { get; init; } = 2_000;

    /// <summary>Of these without a carrier. The client of one more counts as lost at once.</summary>
    public int MostDetached { get; init; } = 2_000;

    /// <summary>The same for one caller, where callers are known.</summary>
    public int MostDetachedOfCaller { get; init; } = 200;

    /// <summary>Bytes that are kept for confirmation at a time; beyond them a session keeps a little and its command waits.</summary>
    public long MostBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>The same for one caller, where callers are known.</summary>
    public long MostBytesOfCaller { get; init; } = 64L * 1024 * 1024;

    /// <summary>Names of sessions that are over, so that none is started again by an opening that was late.</summary>
    public int MostRemembered { get; init; } = 16_384;

    /// <summary>The bounds and deadlines of each session.</summary>
    public ResumptionLimits Sessions { get; init; } = ResumptionLimits.Default;
}
