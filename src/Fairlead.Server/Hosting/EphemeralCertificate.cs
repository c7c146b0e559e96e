using System.Net;
using System.Net.NetworkInformation;
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

    /// <summary>
    /// What a client needs to trust it: the authority's certificate, without a key. That key is gone once the server's is signed.
    /// </summary>
    public string AuthorityPem { get; }

    /// <summary>Makes one.</summary>
    /// <param name="address">
    /// Where the server listens, which is named in it; for all interfaces, each one's address of now and the machine's name are. So are
    /// localhost and the loopback addresses, always.
    /// </param>
    /// <param name="name">What stands in the certificates' subjects, for people.</param>
    public static EphemeralCertificate Create(IPAddress address, string name)
    {
        ArgumentNullException.ThrowIfNull(address);
        DateTimeOffset from = DateTimeOffset.UtcNow.AddHours(-1), to = DateTimeOffset.UtcNow + Validity;
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)); // two runs' authorities may be trusted side by side
        CertificateRequest authority = new($"CN={name} authority {run}", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        authority.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authority.PublicKey, false));
        using X509Certificate2 authorityCertificate = authority.CreateSelfSigned(from, to);

        using ECDsa serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest server = new($"CN={name}", serverKey, HashAlgorithmName.SHA256);
        server.CertificateExtensions.Add(NamesOf(address));
        server.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authorityCertificate, true, false));
        server.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        server.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        server.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)); // server authentication
        using X509Certificate2 signed = server.Create(authorityCertificate, from, to.AddMinutes(-1), RandomNumberGenerator.GetBytes(16));
        return new EphemeralCertificate(signed.CopyWithPrivateKey(serverKey), authorityCertificate.ExportCertificatePem());
    }

    static X509Extension NamesOf(IPAddress address)
    {
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("localhost");
        bool everywhere = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        if (everywhere) names.AddDnsName(Dns.GetHostName());
        IEnumerable<IPAddress> own = everywhere ? NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(static port => port.GetIPProperties().UnicastAddresses).Select(static entry => entry.Address) : [address];
        foreach (IPAddress named in own.Concat([IPAddress.Loopback, IPAddress.IPv6Loopback]).Distinct()) names.AddIpAddress(named);
        return names.Build();
    }

    /// <inheritdoc/>
    public void Dispose() => Server.Dispose();
}
