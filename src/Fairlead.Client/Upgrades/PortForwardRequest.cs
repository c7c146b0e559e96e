using System.Net.Http.Headers;
using Fairlead.Streaming;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Client.Upgrades;

/// <summary>A way to a pod's ports that is to be opened, whatever will carry it.</summary>
/// <param name="Server">The server's base address, by which is remembered what it takes.</param>
/// <param name="Address">Where on it, without a query.</param>
/// <param name="Options">The caller's wishes.</param>
sealed record PortForwardRequest(Uri Server, Uri Address, PortForwardOptions Options)
{
    /// <summary>A pod's subresource of an API server.</summary>
    internal static PortForwardRequest To(KubernetesEndpoint endpoint, PodReference pod, PortForwardOptions options) =>
        new(endpoint.Server, new Uri(UpgradeTarget.PathOf(endpoint.Server, pod, "portforward").ToString(), UriKind.Absolute), options) { Logging = endpoint.Logging };

    /// <summary>The query parameter by which forms with channels name their ports.</summary>
    internal string PortParameter { get; init; } = "ports";

    /// <summary>Adds to the headers of each try, behind the endpoint's own credentials; null for nothing.</summary>
    internal Action<HttpRequestHeaders>? Describe { get; init; }

    /// <summary>Where its carriers log.</summary>
    internal ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    internal CarrierLimits Limits => CarrierLimits.Default with
    {
        PingInterval = Options.PingInterval,
        PingTimeout = Options.PingTimeout,
        Logger = Logging.CreateLogger(CarrierLimits.LogCategory),
    };

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
