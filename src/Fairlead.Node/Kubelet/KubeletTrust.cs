using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Upgrades.Requests;

namespace Fairlead.Node.Kubelet;

/// <summary>What certificates are believed to be the kubelet's.</summary>
/// <param name="trusted">Authorities, and certificates that are believed as they are.</param>
/// <param name="names">By one of these names another is its; a kubelet's certificate names the node, and seldom 127.0.0.1.</param>
/// <param name="file">Where <paramref name="trusted"/> comes from, for messages.</param>
sealed class KubeletTrust(X509Certificate2Collection trusted, IReadOnlyList<string> names, string file)
{
    static readonly System.Security.Cryptography.Oid s_serverAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>For TLS.</summary>
    /// <exception cref="ServerCertificateException">It is not to be believed.</exception>
    internal bool Check(object sender, X509Certificate? shown, X509Chain? presented, SslPolicyErrors errors)
    {
        if (shown is not X509Certificate2 certificate) throw Refusal("showed no certificate", "showed no certificate");
        if (trusted.Any(known => known.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span))) return true;
        if (!names.Any(name => certificate.MatchesHostname(name)))
            throw Refusal($"has a certificate for another name than {string.Join(" and ", names)}, and not the one in {file}",
                "shows a certificate for another name");
        return IsVouchedFor(certificate, presented)
            ? true
            : throw Refusal($"has a certificate that no authority in {file} vouches for, and that is not in it itself",
                "shows a certificate that is not trusted");
    }

    bool IsVouchedFor(X509Certificate2 certificate, X509Chain? presented)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // a cluster's authority publishes no lists
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(s_serverAuthentication);
        if (presented is not null) chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        return chain.Build(certificate);
    }

    static ServerCertificateException Refusal(string what, string brief) => new("the kubelet " + what, "the kubelet " + brief);
}
