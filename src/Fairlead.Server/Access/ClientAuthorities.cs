using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Server;

/// <summary>Which client certificates are believed.</summary>
/// <param name="authorities">Whose; they stay the caller's.</param>
public sealed class ClientAuthorities(X509Certificate2Collection authorities)
{
    static readonly Oid s_clientAuthentication = new("1.3.6.1.5.5.7.3.2");

    /// <summary>True for a certificate for clients that one of the authorities vouches for, today.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="presented">What came with it.</param>
    public bool Vouch(X509Certificate2 certificate, X509Chain? presented)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // a cluster's authority publishes no lists
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(s_clientAuthentication);
        if (presented is not null) chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        return chain.Build(certificate);
    }
}
