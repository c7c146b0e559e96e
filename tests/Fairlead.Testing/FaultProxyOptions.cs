namespace Fairlead.Testing;

/// <summary>What a <see cref="FaultProxy"/> does to every connection. The default forwards everything at once.</summary>
public sealed record FaultProxyOptions
{
    /// <summary>How long each byte is on its way, in each direction. Bytes follow one another: latency costs no throughput.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Bytes a second in each direction; null for no limit.</summary>
    public int? BytesPerSecond { get; init; }

    /// <summary>Cut after exactly this many bytes went to the server.</summary>
    public long? CutAfterBytesToServer { get; init; }

    /// <summary>Cut after exactly this many bytes went to the client.</summary>
    public long? CutAfterBytesToClient { get; init; }

    /// <summary>Cut when nothing went either way for this long, as load balancers do.</summary>
    public TimeSpan? CutAfterSilence { get; init; }

    /// <summary>How a cut looks.</summary>
    public CutKind CutWith { get; init; } = CutKind.Reset;

    /// <summary>Bytes that may be on their way in one direction before the sender is held up. A small number makes a slow reader felt.</summary>
    public int BytesInFlight { get; init; } = 1 << 20;
}
