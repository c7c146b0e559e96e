namespace Fairlead.Streaming.Resumption.Asking;

/// <summary>How a session comes by another carrier, and for how long that is tried.</summary>
public sealed record ResumeWays
{
    /// <summary>Upgrades once more: what it returns is owned by the session.</summary>
    public required Func<CancellationToken, Task<Stream>> Dial { get; init; }

    /// <summary>Whether what <see cref="Dial"/> threw may pass; otherwise the session is lost.</summary>
    public required Func<Exception, bool> MayPass { get; init; }

    /// <summary>
    /// For how long after a loss it is tried at most; never longer than the server keeps the session, which is told that it need not keep
    /// it for longer.
    /// </summary>
    public TimeSpan Patience { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Told of losses and resumptions; must not block. Null for nobody.</summary>
    public Action<ResumeEvent>? Told { get; init; }

    /// <summary>The bounds of the session.</summary>
    public ResumptionLimits Limits { get; init; } = ResumptionLimits.Default;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
