using Fairlead.Wire;

namespace Fairlead.Upgrades.Http;

/// <summary>
/// Failures of an HTTP exchange whose words quote the server's answer, such as a header line that is none: without the credentials that it
/// may echo.
/// </summary>
public static class CredentialFree
{
    /// <summary>The same failure without them.</summary>
    /// <returns>Null where it holds none, and may be told as it is.</returns>
    public static HttpRequestException? Of(HttpRequestException failure, WithheldWords withheld)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(withheld);
        List<string> said = [];
        for (Exception? at = failure; at is not null; at = at.InnerException) said.Add(at.Message);
        string[] told = [.. said.Select(withheld.BlankCredentials)];
        return told.SequenceEqual(said)
            ? null
            : new HttpRequestException(failure.HttpRequestError, string.Join(": ", told), null, failure.StatusCode);
    }
}
