using Fairlead.Server.Kubelet;
using Fairlead.Wire;

namespace Fairlead.Node;

/// <summary>The kubelet that a <see cref="NodeServer"/> stands in front of, and how both are known to each other.</summary>
public sealed record KubeletOptions
{
    /// <summary>Where it listens; https, without a path.</summary>
    public Uri Address { get; init; } = new("https://127.0.0.1:10250");

    /// <summary>
    /// A file of PEM with the authorities of the kubelet's certificate, or with that certificate itself, which is then believed whatever
    /// its names; null for what the system trusts. Read anew when it changes.
    /// </summary>
    public string? AuthoritiesFile { get; init; }

    /// <summary>
    /// A file of PEM: the front's own client certificate, shown for callers with certificates whom the front has judged. Read anew when it
    /// changes, as <see cref="KeyFile"/> is.
    /// </summary>
    public string? CertificateFile { get; init; }

    /// <summary>A file of PEM: the key of <see cref="CertificateFile"/>; may be the same file.</summary>
    public string? KeyFile { get; init; }

    /// <summary>A file with the front's own bearer token, instead of <see cref="CertificateFile"/>; read anew when it changes.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The name of the node's object, by which reviews ask; by default the machine's name as a kubelet takes it.</summary>
    public string NodeName { get; init; } = ThisMachine.NodeName;

    /// <summary>Bearer tokens are asked about: a kubelet's <c>authentication.webhook.enabled</c>. Else a token is nobody's.</summary>
    public bool ReviewsTokens { get; init; } = true;

    /// <summary>How long it is kept whose a token is, or that it is nobody's: a kubelet's <c>authentication.webhook.cacheTTL</c>.</summary>
    public TimeSpan TokenLifetime { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromMinutes(2);

    /// <summary>How long a yes of a review is kept: a kubelet's <c>authorization.webhook.cacheAuthorizedTTL</c>.</summary>
    public TimeSpan AllowedLifetime { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromMinutes(5);

    /// <summary>How long a no of a review is kept: a kubelet's <c>authorization.webhook.cacheUnauthorizedTTL</c>.</summary>
    public TimeSpan DeniedLifetime { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(30);

    /// <summary>There is something to show the kubelet for callers with certificates.</summary>
    internal bool HasCredential => CertificateFile is not null || TokenFile is not null;
}
