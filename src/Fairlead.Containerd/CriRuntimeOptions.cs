using Fairlead.Processes;
using Fairlead.Streaming;

namespace Fairlead.Containerd;

/// <summary>The limits and habits of a <see cref="CriRuntime"/>.</summary>
public sealed record CriRuntimeOptions
{
    /// <summary>How commands and connections are reached.</summary>
    public StreamThrough StreamThrough { get; init; }

    /// <summary>
    /// What becomes of a native command when its client was lost. Through the runtime's streaming server it is the runtime's own
    /// habit: containerd lets it run.
    /// </summary>
    public LostClientPolicy LostClient { get; init; }

    /// <summary>How long the runtime may take to answer at the start. 10 s by default.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one call to the runtime may take, but for those that wait for something to happen. A client gets 503 then. 15 s by default.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long the runtime may take to start a native command. Much longer than another call: with a thousand starts asked at once, on two cores, the
    /// last is ready after more than a minute, and has then done nothing wrong. 2 minutes by default, as the kubelet gives its runtime.
    /// </summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The time between SIGTERM and SIGKILL. 2 s by default.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After a command ended, how long its outputs may be silent before a child that holds them open is not waited for. 10 s by default.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a terminal's command waits for its client's first size, so that it starts with it. 250 ms by default.</summary>
    public TimeSpan FirstSizeWait { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Where the FIFOs of native commands are, and what is needed to find them again after a crash. Must be the same path for containerd,
    /// and should not outlive a boot.
    /// </summary>
    public string StateFolder { get; init; } = "/run/fairlead";

    /// <summary>How often watched pods are asked after, in a runtime that tells nothing by itself. 1 s by default.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bounds and deadlines of sessions with the runtime's streaming server.</summary>
    public CarrierLimits Limits { get; init; } = CarrierLimits.Default;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
