using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Fairlead.Testing;

/// <summary>A certificate authority for one test.</summary>
public sealed class TestAuthority : IDisposable
{
    readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    readonly X509Certificate2 _certificate;

    /// <summary>Makes it.</summary>
    public TestAuthority()
    {
        CertificateRequest request = new("CN=test authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-2), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>Its certificate.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>The same as a kubeconfig has it.</summary>
    public string PemAsBase64 => Base64(Pem);

    /// <summary>Text as a kubeconfig has data.</summary>
    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>A server's certificate with its key.</summary>
    public X509Certificate2 IssueServer(string name = "localhost", bool expired = false)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Issue(key, $"CN={name}", name, expired, "1.3.6.1.5.5.7.3.1").CopyWithPrivateKey(key);
    }

    /// <summary>A server's certificate and its key, both PEM.</summary>
    public (string Certificate, string Key) IssueServerPem(string name = "localhost", bool expired = false)
    {
        using X509Certificate2 server = IssueServer(name, expired);
        using ECDsa key = server.GetECDsaPrivateKey()!;
        return (server.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A client certificate and its key, both PEM.</summary>
    public (string Certificate, string Key) IssueClient(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Issue(key, $"CN={name}", name, false, "1.3.6.1.5.5.7.3.2");
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A client's certificate with its key, for a whole subject.</summary>
    public X509Certificate2 IssueClientSubject(string subject, bool expired = false)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = Issue(key, subject, "client", expired, "1.3.6.1.5.5.7.3.2");
        return certificate.CopyWithPrivateKey(key);
    }

    X509Certificate2 Issue(ECDsa key, string subject, string name, bool expired, string usage)
    {
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        if (IPAddress.TryParse(name, out IPAddress? address)) names.AddIpAddress(address);
        else names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        DateTimeOffset end = expired ? DateTimeOffset.UtcNow.AddDays(-1) : DateTimeOffset.UtcNow.AddHours(1);
        return request.Create(_certificate, DateTimeOffset.UtcNow.AddYears(-1), end, RandomNumberGenerator.GetBytes(8));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
