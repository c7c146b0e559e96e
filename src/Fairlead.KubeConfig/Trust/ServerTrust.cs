using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fairlead.KubeConfig.Files;
using Fairlead.Streaming.Tls;

namespace Fairlead.KubeConfig.Trust;

/// <summary>Which servers are believed: those that the cluster's own authority vouches for, else those the machine trusts.</summary>
static class ServerTrust
{
    public static void Configure(SslClientAuthenticationOptions tls, ClusterSettings cluster, FileReads reads)
    {
        byte[]? authority = PemFile.Read(
            cluster.CertificateAuthorityData, cluster.CertificateAuthorityFile, "certificate-authority", reads);
        if (cluster.SkipTlsVerify)
        {
            if (authority is not null)
                throw new KubeConfigException(
                    "a cluster of the kubeconfig has both a certificate-authority and insecure-skip-tls-verify: only one can hold");
#pragma warning disable CA5359 // the user asked for exactly this, by its long and frightening name
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            // what .NET finds out about the certificate is not looked at: let it not search for long
            tls.CertificateChainPolicy = NoRoots();
            return;
        }

        if (authority is null) return; // the machine's own trust, name and dates checked as always

        tls.CertificateChainPolicy = NoRoots();
        tls.CertificateChainPolicy.CustomTrustStore.AddRange(ReadAuthorities(authority, Name(cluster)));
    }

    static string Name(ClusterSettings cluster) =>
        cluster.CertificateAuthorityData is null
            ? "certificate-authority " + cluster.CertificateAuthorityFile
            : "certificate-authority-data";

    /// <summary>Trusts nobody yet; the machine's own roots and the network are not asked.</summary>
    static X509ChainPolicy NoRoots() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck, // a cluster's authority publishes no lists
        DisableCertificateDownloads = true,
    };

    static X509Certificate2Collection ReadAuthorities(byte[] bytes, string what)
    {
        if (PemFile.IsPem(bytes)) return PemFile.Parse(() => PemCertificates.ReadAuthorities(bytes, what));
        try
        {
            return [X509CertificateLoader.LoadCertificate(bytes)];
        }
        catch (CryptographicException e)
        {
            throw new KubeConfigException($"{what} is neither PEM nor a DER certificate", e);
        }
    }
}
