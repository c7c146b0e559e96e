using System.Net.Http.Headers;
using System.Text;
using Fairlead.Wire;

namespace Fairlead.Client.Upgrades;

/// <summary>Where an upgrade is asked for.</summary>
/// <param name="Uri">Path and query.</param>
/// <param name="Timeout">How long the server may take to answer, connecting included.</param>
/// <param name="Describe">Adds to the headers of each try, behind the endpoint's own credentials; null for nothing.</param>
sealed record UpgradeTarget(Uri Uri, TimeSpan Timeout, Action<HttpRequestHeaders>? Describe = null)
{
    /// <summary>What a refusal may quote and a log must not: the command.</summary>
    internal WithheldWords Withheld { get; init; } = WithheldWords.None;

    /// <summary>The path of a pod's subresource, without a query.</summary>
    internal static StringBuilder PathOf(Uri server, PodReference pod, string subresource) =>
        new StringBuilder(server.GetLeftPart(UriPartial.Path).TrimEnd('/'))
            .Append("/api/v1/namespaces/").Append(Uri.EscapeDataString(pod.Namespace))
            .Append("/pods/").Append(Uri.EscapeDataString(pod.Name)).Append('/').Append(subresource);
}
