using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Upgrades.Requests;

namespace Fairlead.Node.Kubelet;

/// <summary>What certificates are believed to be the kubelet's.</summary>
/// <param name="names">By one of these names another is its; a kubelet's certificate names the node, and seldom 127.0.0.1.</param>
/// <param name="file">Where what is trusted comes from, for messages.</param>
/// <param name="clock">The clock.</param>
/// <remarks>
/// A certificate that was trusted itself goes on to be for a moment: a kubelet writes its new one first, and shows it then. What an
/// authority vouches for is trusted only while that authority is.
/// </remarks>
sealed class KubeletTrust(IReadOnlyList<string> names, string file, TimeProvider clock)
{
    static readonly TimeSpan s_moment = TimeSpan.FromMinutes(1);

    static readonly System.Security.Cryptography.Oid s_serverAuthentication = new("1.3.6.1.5.5.7.3.1");

    volatile Trusted _trusted = new([], [], 0);

    X509Certificate2Collection Present
    {
        get
        {
            Trusted trusted = _trusted;
            return clock.GetElapsedTime(trusted.Since) < s_moment ? [.. trusted.Now, .. trusted.Before] : trusted.Now;
        }
    }

    /// <summary>Trusts these from now on.</summary>
    /// <param name="now">Authorities, and certificates that are believed as they are.</param>
    internal void Take(X509Certificate2Collection now)
    {
        Trusted former = _trusted;
        bool isSame = now.Count == former.Now.Count && now.Zip(former.Now).All(static pair => IsSame(pair.First, pair.Second));
        if (!isSame) _trusted = new(now, former.Now, clock.GetTimestamp());
    }

    /// <summary>For TLS.</summary>
    /// <exception cref="ServerCertificateException">It is not to be believed.</exception>
    internal bool Check(object sender, X509Certificate? shown, X509Chain? presented, SslPolicyErrors errors)
    {
        if (shown is not X509Certificate2 certificate) throw Refusal("showed no certificate", "showed no certificate");
        if (Present.Any(known => IsSame(known, certificate))) return true;
        if (!names.Any(name => certificate.MatchesHostname(name)))
            throw Refusal($"has a certificate for another name than {string.Join(" and ", names)}, and not the one in {file}",
                "shows a certificate for another name");
        return IsVouchedFor(certificate, _trusted.Now, presented)
            ? true
            : throw Refusal($"has a certificate that no authority in {file} vouches for, and that is not in it itself",
                "shows a certificate that is not trusted");
    }

    static bool IsSame(X509Certificate2 one, X509Certificate2 other) => one.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);

    static bool IsVouchedFor(X509Certificate2 certificate, X509Certificate2Collection trusted, X509Chain? presented)
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

    /// <summary>What is trusted, and what was until then.</summary>
    sealed record Trusted(X509Certificate2Collection Now, X509Certificate2Collection Before, long Since);

    static ServerCertificateException Refusal(string what, string brief) => new("the kubelet " + what, "the kubelet " + brief);
}
