using System.Net.Http.Headers;
using Fairlead.Streaming;

namespace Fairlead.Client.Upgrades;

/// <summary>A way to a pod's ports that is to be opened, whatever will carry it.</summary>
/// <param name="Server">The server's base address, by which is remembered what it takes.</param>
/// <param name="Address">Where on it, without a query.</param>
/// <param name="Options">The caller's wishes.</param>
sealed record PortForwardRequest(Uri Server, Uri Address, PortForwardOptions Options)
{
    /// <summary>A pod's subresource of an API server.</summary>
    internal static PortForwardRequest To(Uri server, PodReference pod, PortForwardOptions options) =>
        new(server, new Uri(UpgradeTarget.PathOf(server, pod, "portforward").ToString(), UriKind.Absolute), options);

    /// <summary>The query parameter by which forms with channels name their ports.</summary>
    internal string PortParameter { get; init; } = "ports";

    /// <summary>Adds to the headers of each try, behind the endpoint's own credentials; null for nothing.</summary>
    internal Action<HttpRequestHeaders>? Describe { get; init; }

    internal CarrierLimits Limits => CarrierLimits.Default with { PingInterval = Options.PingInterval, PingTimeout = Options.PingTimeout };

    /// <summary>The target; forms with channels have their ports in the query.</summary>
    internal UpgradeTarget Target(params ReadOnlySpan<int> ports)
    {
        System.Text.StringBuilder uri = new(Address.AbsoluteUri);
        char separator = '?';
        foreach (int port in ports)
        {
            uri.Append(separator).Append(PortParameter).Append('=').Append(port);
            separator = '&';
        }

        return new UpgradeTarget(new Uri(uri.ToString(), UriKind.Absolute), Options.UpgradeTimeout, Describe);
    }
}
