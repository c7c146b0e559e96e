using Fairlead.Streaming;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead;

/// <summary>What carries a session, how long the server may take, and how the connection is kept.</summary>
public abstract record UpgradeOptions
{
    private protected UpgradeOptions()
    {
    }

    /// <summary>What carries the session.</summary>
    public Transport Transport { get; init; }

    /// <summary>
    /// How long the server may take to answer the upgrade, connecting included. 60 s; admission webhooks may take half of that.
    /// </summary>
    public TimeSpan UpgradeTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(60);

    /// <summary>How long the peer may be silent before a ping is sent. <see cref="Timeout.InfiniteTimeSpan"/> for no pings.</summary>
    public TimeSpan PingInterval { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long nothing at all may arrive, pings having been sent, before the carrier is lost. <see cref="Timeout.InfiniteTimeSpan"/>
    /// for never.
    /// </summary>
    public TimeSpan PingTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(60);

    private protected CarrierLimits LimitsOf(ILoggerFactory logging) => CarrierLimits.Default with
    {
        PingInterval = PingInterval,
        PingTimeout = PingInterval == TimeLimit.ForEver ? TimeLimit.ForEver : PingTimeout, // silence is no sign without pings
        Logger = logging.CreateLogger(CarrierLimits.LogCategory),
    };
}
