using Fairlead.Server.Commands;
using Fairlead.Streaming;
using Fairlead.Wire;

namespace Fairlead.Containerd;

/// <summary>The limits and habits of a <see cref="CriRuntime"/>.</summary>
/// <remarks>
/// What it says of commands counts for native ones. Through the runtime's streaming server a lost client's command is the runtime's own
/// habit: containerd lets it run.
/// </remarks>
public sealed record CriRuntimeOptions : CommandOptions
{
    /// <summary>How commands and connections are reached.</summary>
    public StreamThrough StreamThrough { get; init; }

    /// <summary>How long the runtime may take to answer at the start. 10 s by default.</summary>
    public TimeSpan ConnectTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long one call to the runtime may take, but for those that wait for something to happen. A client gets 503 then. 15 s by default.
    /// </summary>
    public TimeSpan CallTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long the runtime may take to start a native command. Much longer than another call: with a thousand starts asked at once, on two
    /// cores, the last is ready after more than a minute, and has then done nothing wrong. 2 minutes by default, as the kubelet gives its
    /// runtime.
    /// </summary>
    public TimeSpan StartTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Where the FIFOs of native commands are, and what is needed to find them again after a crash. Must be the same path for containerd,
    /// and should not outlive a boot.
    /// </summary>
    public string StateFolder { get; init; } = "/run/fairlead";

    /// <summary>
    /// Native commands that an earlier process has suspended, as it described them: they are not ended at the start, but wait for
    /// <see cref="CriRuntime.ResumeAsync"/>.
    /// </summary>
    public IReadOnlyList<string> Suspended { get; init; } = [];

    /// <summary>How often watched pods are asked after, in a runtime that tells nothing by itself. 1 s by default.</summary>
    public TimeSpan PollInterval { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(1);

    /// <summary>Bounds and deadlines of sessions with the runtime's streaming server.</summary>
    public CarrierLimits Limits { get; init; } = CarrierLimits.Default;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
