using System.Net;

namespace Fairlead.Upgrades.Http;

/// <summary>
/// The head of a 101, or of the 200 to an extended CONNECT, which says what is spoken from here on: only what was asked for is taken.
/// </summary>
/// <remarks>What does not fit is never asked for again in another way: the server may have begun the command.</remarks>
static class UpgradeAnswer
{
    /// <summary>It came over HTTP/2, and is about one stream of a connection: no other request here goes by that.</summary>
    internal static bool IsShared(HttpResponseMessage response) => response.Version.Major == 2;

    /// <summary>The server says that it has switched, or over HTTP/2 that it takes the CONNECT, be it in no way that is known.</summary>
    internal static bool HasSwitched(HttpResponseMessage response) =>
        IsShared(response) ? response.IsSuccessStatusCode : response.StatusCode == HttpStatusCode.SwitchingProtocols;

    /// <summary>Why a 101 is not the switch that was asked for.</summary>
    /// <returns>Null where it is.</returns>
    internal static string? WhyNot(HttpResponseMessage response, string protocol)
    {
        if (IsShared(response))
            return response.StatusCode == HttpStatusCode.OK
                ? null
                : $"The server answered an extended CONNECT with {(int)response.StatusCode}.";
        string[] switched = Tokens(response, "Upgrade");
        if (switched is not [var only] || !only.Equals(protocol, StringComparison.OrdinalIgnoreCase))
        {
            string said = switched.Length == 0 ? "nothing that it names" : string.Join(", ", switched);
            return $"The server upgraded to {said} instead of {protocol}: something between may have answered.";
        }

        return Tokens(response, "Connection").Contains("upgrade", StringComparer.OrdinalIgnoreCase)
            ? null
            : "The server's 101 lacks the header \"Connection: Upgrade\": something between may have answered.";
    }

    /// <summary>The value of a header that may stand there once.</summary>
    /// <returns>Null where it is not there.</returns>
    /// <exception cref="UpgradeException">There are several values.</exception>
    internal static string? Single(HttpResponseMessage response, string header, UpgradeTarget target) =>
        response.Headers.NonValidated.TryGetValues(header, out var values)
        ? values.Count == 1 ? values.ToString()
            .Trim() : throw Mismatch(target, $"The server's {(int)response.StatusCode} has {values.Count} values of {header}: {values}.")
        : null;

    /// <summary>The refusal of a 101 that does not fit the request. It quotes headers of the server's, but no credentials.</summary>
    internal static UpgradeException Mismatch(UpgradeTarget target, string message) =>
        new(target.Withheld.BlankCredentials(message), HttpStatusCode.SwitchingProtocols, null);

    static string[] Tokens(HttpResponseMessage response, string header) =>
        response.Headers.NonValidated.TryGetValues(header, out var values)
        ? values.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : [];
}
