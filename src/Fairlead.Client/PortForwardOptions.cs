using Fairlead.Wire.PortForward;

namespace Fairlead.Client;

/// <summary>How connections to a pod's ports are carried and kept.</summary>
public sealed record PortForwardOptions
{
    /// <summary>What carries the connections.</summary>
    public Transport Transport { get; init; }

    /// <summary>
    /// The forms that may be used, the best first; those that <see cref="Transport"/> leaves out are not asked for. Null for what
    /// fits: the form of our own and the tunnel, offered together, then SPDY/3.1, then channels, which cannot pass on that one
    /// direction has ended.
    /// </summary>
    public IReadOnlyList<PortForwardProtocol>? Protocols { get; init; }

    /// <summary>How long the server may take to answer the upgrade, connecting included. 60 s.</summary>
    public TimeSpan UpgradeTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the peer may be silent before a ping is sent.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long nothing at all may arrive, pings having been sent, before a carrier is lost.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
