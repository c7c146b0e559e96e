using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fairlead.Server.Access;

/// <summary>Which client certificates are believed.</summary>
/// <param name="authorities">Whose, at this moment: another collection once they were replaced. They stay the caller's.</param>
/// <param name="clock">The clock by which certificates begin and end.</param>
/// <remarks>
/// A connection may outlive the authorities by which it was accepted, and the certificate that it shows. Those of a request's time, and
/// that time itself, decide, as at an API server and a kubelet, which verify the connection's certificate anew for each request.
/// </remarks>
public sealed class ClientAuthorities(Func<X509Certificate2Collection> authorities, TimeProvider clock)
{
    static readonly Oid s_clientAuthentication = new("1.3.6.1.5.5.7.3.2");

    readonly ConditionalWeakTable<X509Certificate2, Vouched> _vouched = [];

    /// <summary>Believes those of authorities that do not change.</summary>
    public ClientAuthorities(X509Certificate2Collection authorities, TimeProvider clock) : this(() => authorities, clock)
    {
    }

    /// <summary>True for a certificate for clients that one of the authorities vouches for, now.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="presented">What came with it.</param>
    public bool Vouch(X509Certificate2 certificate, X509Chain? presented)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        X509Certificate2Collection intermediates = presented?.ChainPolicy.ExtraStore ?? [];
        return Vouch(certificate, [.. intermediates.Select(static intermediate => intermediate.RawData)], authorities());
    }

    /// <summary>
    /// True while one of the present authorities vouches for the certificate of a connection that was accepted before, and neither has
    /// ended.
    /// </summary>
    /// <param name="certificate">The certificate, as it was given to <see cref="Vouch(X509Certificate2, X509Chain?)"/>.</param>
    public bool StillVouch(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        X509Certificate2Collection present = authorities();
        bool isKnown = _vouched.TryGetValue(certificate, out Vouched? before) && ReferenceEquals(before.By, present)
            && before.HoldsAt(clock.GetUtcNow());
        return isKnown || Vouch(certificate, before?.Intermediates ?? [], present);
    }

    bool Vouch(X509Certificate2 certificate, byte[][] intermediates, X509Certificate2Collection by)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(by);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // a cluster's authority publishes no lists
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = clock.GetUtcNow().LocalDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(s_clientAuthentication);
        foreach (byte[] raw in intermediates) chain.ChainPolicy.ExtraStore.Add(X509CertificateLoader.LoadCertificate(raw));
        if (!chain.Build(certificate)) return false;
        _vouched.AddOrUpdate(certificate, new Vouched(by, intermediates,
            chain.ChainElements.Max(static element => element.Certificate.NotBefore.ToUniversalTime()),
            chain.ChainElements.Min(static element => element.Certificate.NotAfter.ToUniversalTime())));
        return true;
    }

    /// <summary>By what a certificate was vouched for, and while all of the chain was valid.</summary>
    sealed record Vouched(X509Certificate2Collection By, byte[][] Intermediates, DateTime From, DateTime Until)
    {
        public bool HoldsAt(DateTimeOffset now) => From <= now.UtcDateTime && now.UtcDateTime <= Until;
    }
}
