using System.Net.Http.Headers;
using Fairlead.Streaming;

namespace Fairlead.Client.Upgrades;

/// <summary>A way to a pod's ports that is to be opened, whatever will carry it.</summary>
/// <param name="Server">The server's base address.</param>
/// <param name="Pod">Where to.</param>
/// <param name="Options">The caller's wishes.</param>
sealed record PortForwardRequest(Uri Server, PodReference Pod, PortForwardOptions Options)
{
    /// <summary>Adds to the headers of each try, behind the endpoint's own credentials; null for nothing.</summary>
    internal Action<HttpRequestHeaders>? Describe { get; init; }

    internal CarrierLimits Limits => CarrierLimits.Default with { PingInterval = Options.PingInterval, PingTimeout = Options.PingTimeout };

    /// <summary>The target; forms with channels have their ports in the query.</summary>
    internal UpgradeTarget Target(params ReadOnlySpan<int> ports)
    {
        System.Text.StringBuilder uri = UpgradeTarget.PathOf(Server, Pod, "portforward");
        char separator = '?';
        foreach (int port in ports)
        {
            uri.Append(separator).Append("ports=").Append(port);
            separator = '&';
        }

        return new UpgradeTarget(new Uri(uri.ToString(), UriKind.Absolute), Options.UpgradeTimeout, Describe);
    }
}
