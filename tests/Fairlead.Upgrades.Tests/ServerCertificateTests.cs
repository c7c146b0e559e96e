using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Upgrades.Requests;

namespace Fairlead.Upgrades.Tests;

public sealed class ServerCertificateTests
{
    static readonly DateTimeOffset s_from = DateTimeOffset.UtcNow.AddDays(-1), s_until = DateTimeOffset.UtcNow.AddDays(1);

    static CertificateRequest Request(string name, ECDsa key) => new($"CN={name}", key, HashAlgorithmName.SHA256);

    static X509Certificate2 Authority(string name, ECDsa key)
    {
        CertificateRequest request = Request(name, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(s_from, s_until);
    }

    static X509Chain Chain(X509Certificate2 trusted, X509Certificate2 shown, X509VerificationFlags flags = X509VerificationFlags.NoFlag)
    {
        X509Chain chain = new() { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, VerificationFlags = flags } };
        chain.ChainPolicy.CustomTrustStore.Add(trusted);
        _ = chain.Build(shown);
        return chain;
    }

    /// <summary>wine's CertVerifyCertificateChainPolicy passes a chain whose authority it has not found (CERT_TRUST_IS_PARTIAL_CHAIN), and .NET with it.</summary>
    [Fact]
    public void What_no_trusted_authority_has_signed_is_refused_also_where_the_system_lets_it_pass()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 own = Authority("own", key), other = Authority("other", key);
        using X509Certificate2 shown = Request("server", key).Create(own, s_from.AddHours(1), s_until.AddHours(-1), [1]);
        using SslStream connection = new(new MemoryStream());

        using X509Chain good = Chain(own, shown), endless = Chain(other, shown), allowed = Chain(other, shown, X509VerificationFlags.AllowUnknownCertificateAuthority);
        Assert.Contains(endless.ChainStatus, static status => status.Status == X509ChainStatusFlags.PartialChain);
        Assert.True(ServerCertificate.Check(connection, shown, good, SslPolicyErrors.None));
        ServerCertificateException refused = Assert.Throws<ServerCertificateException>(() => ServerCertificate.Check(connection, shown, endless, SslPolicyErrors.None));
        Assert.Equal("no authority that is trusted here has signed the server's certificate", refused.Brief);
        Assert.True(ServerCertificate.Check(connection, shown, allowed, SslPolicyErrors.None)); // whoever asked for that has it
    }
}
