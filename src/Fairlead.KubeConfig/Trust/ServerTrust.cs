using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fairlead.KubeConfig.Files;

namespace Fairlead.KubeConfig.Trust;

/// <summary>Which servers are believed: those that the cluster's own authority vouches for, else those the machine trusts.</summary>
static class ServerTrust
{
    public static void Configure(SslClientAuthenticationOptions tls, ClusterSettings cluster)
    {
        byte[]? authority = PemFile.Read(cluster.CertificateAuthorityData, cluster.CertificateAuthorityFile, "certificate-authority");
        if (cluster.SkipTlsVerify)
        {
            if (authority is not null)
                throw new KubeConfigException("a cluster of the kubeconfig has both a certificate-authority and insecure-skip-tls-verify: only one can hold");
#pragma warning disable CA5359 // the user asked for exactly this, by its long and frightening name
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            tls.CertificateChainPolicy = NoRoots(); // what .NET finds out about the certificate is not looked at: let it not search for long
            return;
        }

        if (authority is null) return; // the machine's own trust, name and dates checked as always

        tls.CertificateChainPolicy = NoRoots();
        tls.CertificateChainPolicy.CustomTrustStore.AddRange(ReadAuthorities(authority));
    }

    /// <summary>Trusts nobody yet; the machine's own roots and the network are not asked.</summary>
    static X509ChainPolicy NoRoots() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck, // a cluster's authority publishes no lists
        DisableCertificateDownloads = true,
    };

    static X509Certificate2Collection ReadAuthorities(byte[] bytes)
    {
        X509Certificate2Collection authorities = [];
        if (PemFile.IsPem(bytes))
        {
            PemFile.Parse(bytes, "certificate-authority", pem =>
            {
                authorities.ImportFromPem(pem);
                return authorities;
            });
        }
        else
        {
            try
            {
                authorities.Add(X509CertificateLoader.LoadCertificate(bytes));
            }
            catch (CryptographicException e)
            {
                throw new KubeConfigException("certificate-authority is neither PEM nor a DER certificate", e);
            }
        }

        return authorities.Count > 0 ? authorities : throw new KubeConfigException("certificate-authority holds no certificate");
    }
}
