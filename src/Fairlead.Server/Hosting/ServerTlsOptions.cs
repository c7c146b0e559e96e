using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Server.Hosting;

/// <summary>What a server shows of itself, and whom it believes: as it is, or out of files that are read anew when they change.</summary>
public sealed record ServerTlsOptions
{
    /// <summary>
    /// The server's certificate with its key; null for one out of <see cref="CertificateFile"/>, or, without that, one made for this run.
    /// </summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>The intermediates that are sent with <see cref="Certificate"/>.</summary>
    public X509Certificate2Collection? CertificateChain { get; init; }

    /// <summary>A file of PEM: the server's certificate, then its intermediates. Instead of <see cref="Certificate"/>.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>A file of PEM: the key of <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Whose client certificates are taken; null, without <see cref="ClientAuthoritiesFile"/>, asks nobody for one.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>A file of PEM with those whose client certificates are taken, instead of <see cref="ClientAuthorities"/>.</summary>
    public string? ClientAuthoritiesFile { get; init; }

    /// <summary>
    /// A connection comes about whatever certificate its client shows, as at a kubelet; one that nobody vouches for is then as none. By
    /// default it is refused.
    /// </summary>
    public bool AcceptsStrangers { get; init; }
}
