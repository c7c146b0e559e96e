using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Fairlead.Server.Requests;
using Fairlead.Upgrades.Reviews;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Fairlead.Node.Kubelet;

/// <summary>Reads who sends a request, and takes out of its headers what says so: what goes on is said anew.</summary>
/// <param name="tls">The server's side of TLS.</param>
sealed class FrontCallers(ServerTls tls)
{
    const string Scheme = "Bearer ";

    static readonly string[] s_claims = ["Impersonate-", "X-Remote-", "X-Forwarded-"];

    /// <summary>Reads it. Afterwards no header is left that a kubelet could take for somebody, or that is for this hop alone.</summary>
    internal FrontCaller Identify(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        string? offered = SubprotocolToken.Take(context.Request);
        StringValues authorization = headers.Authorization;
        headers.Remove("Authorization");
        headers.Remove("Forwarded");
        foreach (string name in headers.Keys.Where(
            static name => s_claims.Any(claim => name.StartsWith(claim, StringComparison.OrdinalIgnoreCase))).ToArray())
            headers.Remove(name);
        HopHeaders.Remove(headers, headers.Connection);
        return new FrontCaller
        {
            ByCertificate = ByCertificate(context),
            Token = authorization.Count == 0 ? offered : TokenOf(authorization),
            Authorization = authorization.Count == 0 && offered is not null ? Scheme + offered : authorization,
        };
    }

    /// <returns>Null for a certificate that nobody vouches for, or that names nobody: it is as none.</returns>
    ReviewedUser? ByCertificate(HttpContext context)
    {
        if (tls.CertificateOf(context.Connection, out bool believed) is not { } certificate || !believed) return null;
        if (CertificateSubject.Read(certificate) is not ({ } name, var groups)) return null;
        string[] all = groups.Contains(ApiUser.Authenticated) ? [.. groups] : [.. groups, ApiUser.Authenticated];
        return new ReviewedUser(name, "", [.. all], Extra(certificate));
    }

    /// <summary>As a kubelet tells of a certificate, so that the same rules of an authorizer hold.</summary>
    static ImmutableSortedDictionary<string, ImmutableArray<string>> Extra(X509Certificate2 certificate) =>
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal).Add(
            "authentication.kubernetes.io/credential-id",
            ["X509SHA256=" + Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256))]);

    static string? TokenOf(StringValues header)
    {
        if (header.Count != 1 || !header[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        string token = header[0]![Scheme.Length..].Trim();
        return token.Length > 0 && token.All(static c => c is > ' ' and <= '~') ? token : null;
    }
}
