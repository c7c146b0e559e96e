using Fairlead.Wire;

namespace Fairlead.Upgrades.Http;

/// <summary>An answer that sends the client elsewhere, which no API server does and no client of ours follows.</summary>
public static class Redirect
{
    /// <summary>Says of it what can be said: of where it leads, the host alone, since there may be secrets behind it.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="withheld">What is not repeated.</param>
    /// <returns>Null for an answer that is no redirect.</returns>
    public static string? Describe(HttpResponseMessage response, WithheldWords withheld)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(withheld);
        if ((int)response.StatusCode is < 300 or >= 400 || response.Headers.Location is not { } location) return null;
        PeerText elsewhere = location.IsAbsoluteUri ? withheld.BlankCredentials(location.Authority) : "";
        return $"the server answered {(int)response.StatusCode} {new PeerText(withheld.BlankCredentials(response.ReasonPhrase))}, a " +
            $"redirect{(elsewhere.IsEmpty ? "" : $" to {elsewhere}")}, which is not followed: it is no API server, or reached by " +
            "another address";
    }
}
