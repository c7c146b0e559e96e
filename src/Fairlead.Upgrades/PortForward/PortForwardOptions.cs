using Fairlead.Streaming;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Microsoft.Extensions.Logging;

namespace Fairlead;

/// <summary>How connections to a pod's ports are carried and kept.</summary>
public sealed record PortForwardOptions : UpgradeOptions
{
    /// <summary>
    /// The forms that may be used, the best first; those that <see cref="UpgradeOptions.Transport"/> leaves out are not asked for. Null for
    /// what fits: the forms of our own and the tunnel, offered together, then SPDY/3.1, then channels, which cannot pass on that one
    /// direction has ended.
    /// </summary>
    public IReadOnlyList<PortForwardProtocol>? Protocols
    {
        get;
        init => field = value?.Contains(null!) == true ? throw new ArgumentException("A form is null.", nameof(Protocols)) : value;
    }

    /// <summary>
    /// Open carriers ahead where each takes one connection alone, so that the next connections need no handshake. On by default; without
    /// use to a session that is going to open one connection.
    /// </summary>
    public bool Reserve { get; init; } = true;

    /// <summary>
    /// How long disposing a connection takes at most: until what was written is on the wire, and the pod has ended too. Then it is reset.
    /// 5 seconds.
    /// </summary>
    public TimeSpan DisposeTimeout { get; init => field = TimeLimit.OrForEver(value, orZero: true); } =
        CarrierLimits.Default.DisposeTimeout;

    internal CarrierLimits Limits(ILoggerFactory logging) => LimitsOf(logging) with { DisposeTimeout = DisposeTimeout };
}
