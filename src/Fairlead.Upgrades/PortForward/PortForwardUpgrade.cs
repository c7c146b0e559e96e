using System.Net.Http.Headers;
using System.Text;
using Fairlead.Streaming;
using Fairlead.Upgrades.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Upgrades.PortForward;

/// <summary>A way to a pod's ports that is to be opened, whatever will carry it.</summary>
/// <param name="Address">Where on the server, without a query.</param>
/// <param name="Options">The caller's wishes.</param>
sealed record PortForwardUpgrade(Uri Address, PortForwardOptions Options)
{
    /// <summary>The query parameter by which forms with channels name their ports.</summary>
    internal string PortParameter { get; init; } = "ports";

    /// <summary>Adds to the headers of each try, behind the endpoint's own credentials; null for nothing.</summary>
    internal Action<HttpRequestHeaders>? Describe { get; init; }

    /// <summary>Where its carriers log.</summary>
    internal ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    internal CarrierLimits Limits => Options.Limits(Logging);

    /// <summary>The target; forms with channels have their ports in the query.</summary>
    internal UpgradeTarget Target(params ReadOnlySpan<int> ports)
    {
        StringBuilder uri = new(Address.AbsoluteUri);
        char separator = '?';
        foreach (int port in ports)
        {
            uri.Append(separator).Append(PortParameter).Append('=').Append(port);
            separator = '&';
        }

        return new UpgradeTarget(new Uri(uri.ToString(), UriKind.Absolute), Options.UpgradeTimeout, Describe);
    }
}
