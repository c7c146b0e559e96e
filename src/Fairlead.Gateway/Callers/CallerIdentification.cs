using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Server.Access;
using Fairlead.Server.Requests;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Fairlead.Gateway.Callers;

/// <summary>Reads who sends a request, and takes the headers away that nobody but the gateway may set.</summary>
static class CallerIdentification
{
    const string Impersonation = "Impersonate-";

    /// <summary>
    /// The caller, or null and a refusal. Afterwards the request has no headers left that say who sends it (Authorization, Impersonate-*,
    /// X-Remote-*), and none that its Connection header names: what goes upstream is what <see cref="Caller.Shown"/> says.
    /// </summary>
    internal static Caller? Identify(HttpRequest request, X509Certificate2? certificate, out Status? refusal)
    {
        refusal = null;
        IHeaderDictionary headers = request.Headers;
        string? token = SubprotocolToken.Take(request);
        if (token is not null && headers.Authorization.Count == 0) headers.Authorization = "Bearer " + token;

        List<KeyValuePair<string, StringValues>> shown = [.. headers.Where(static header => IsShown(header.Key))];
        foreach (string name in headers.Keys.Where(
            static name => IsShown(name) || name.StartsWith("X-Remote-", StringComparison.OrdinalIgnoreCase)).ToArray()) headers.Remove(
            name);
        HopHeaders.Remove(headers, headers.Connection);

        if (certificate is null) return new Caller { Headers = [.. shown] };
        if (shown.Exists(static header => header.Key.StartsWith(Impersonation, StringComparison.OrdinalIgnoreCase)))
        {
            refusal = Status.Refusal(403, "Forbidden",
                "impersonation is not possible with a client certificate: the gateway itself speaks for its user by impersonation");
            return null;
        }

        (string? user, ImmutableArray<string> groups) = CertificateSubject.Read(certificate);
        if (user is null)
        {
            refusal = Status.Refusal(401, "Unauthorized", "the client certificate has no common name that can be a user's");
            return null;
        }

        return new Caller { User = user, Groups = groups };
    }

    static bool IsShown(string name) =>
        name.Equals(HeaderNames.Authorization, StringComparison.OrdinalIgnoreCase)
            || name.StartsWith(Impersonation, StringComparison.OrdinalIgnoreCase);
}
