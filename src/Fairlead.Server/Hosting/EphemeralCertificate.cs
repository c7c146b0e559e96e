using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Server.Hosting;

/// <summary>A certificate authority of one server certificate, made for one run and kept in memory.</summary>
public sealed class EphemeralCertificate : IDisposable
{
    static readonly TimeSpan Validity = TimeSpan.FromDays(30);

    EphemeralCertificate(X509Certificate2 server, string authorityPem) => (Server, AuthorityPem) = (server, authorityPem);

    /// <summary>The server's certificate, with its key.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>What a client needs to trust it: the authority's certificate, without a key. That key is gone once the server's is signed.</summary>
    public string AuthorityPem { get; }

    /// <summary>Makes one.</summary>
    /// <param name="address">Where the server listens; localhost and the loopback addresses are always named in it.</param>
    /// <param name="name">What stands in the certificates' subjects, for people.</param>
    public static EphemeralCertificate Create(IPAddress address, string name)
    {
        ArgumentNullException.ThrowIfNull(address);
        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-1), to = DateTimeOffset.UtcNow + Validity;
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest authority = new($"CN={name} authority", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        authority.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authority.PublicKey, false));
        using X509Certificate2 authorityCertificate = authority.CreateSelfSigned(from, to);

        using ECDsa serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest server = new($"CN={name}", serverKey, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        if (!IPAddress.IsLoopback(address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)) names.AddIpAddress(address);
        server.CertificateExtensions.Add(names.Build());
        server.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        server.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        server.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)); // server authentication
        using X509Certificate2 signed = server.Create(authorityCertificate, from, to.AddMinutes(-1), RandomNumberGenerator.GetBytes(16));
        return new EphemeralCertificate(signed.CopyWithPrivateKey(serverKey), authorityCertificate.ExportCertificatePem());
    }

    /// <inheritdoc/>
    public void Dispose() => Server.Dispose();
}
