using System.Net.Http.Headers;
using Fairlead.Wire;

namespace Fairlead.Upgrades.Http;

/// <summary>Where an upgrade is asked for.</summary>
/// <param name="Uri">Path and query.</param>
/// <param name="Timeout">How long the server may take to answer, connecting included.</param>
/// <param name="Describe">Adds to the headers of each try, behind the endpoint's own credentials; null for nothing.</param>
sealed record UpgradeTarget(Uri Uri, TimeSpan Timeout, Action<HttpRequestHeaders>? Describe = null)
{
    /// <summary>The command, which a refusal may quote and a log must not.</summary>
    internal IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>What it opens may carry much at full speed, and is not to be one stream among others.</summary>
    internal bool IsBulk { get; init; }

    /// <summary>That, and the credentials of the request that was sent last, which nobody is told.</summary>
    internal WithheldWords Withheld { get; private set; } = WithheldWords.None;

    /// <summary>The request that was sent last was an extended CONNECT.</summary>
    internal bool WasConnect { get; set; }

    /// <summary>Withholds what this request says.</summary>
    internal void Withhold(HttpRequestHeaders headers) =>
        Withheld = WithheldWords.OfRequest(
            Command, headers.NonValidated.SelectMany(
            static header => header.Value, static (header, value) => new KeyValuePair<string, string>(header.Key, value)));
}
