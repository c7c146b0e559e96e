using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Server.Hosting;

namespace Fairlead.Server.Tests;

public sealed class EphemeralCertificateTests
{
    [Fact]
    public void Authorities_of_two_runs_are_trusted_side_by_side()
    {
        using EphemeralCertificate one = EphemeralCertificate.Create(IPAddress.Loopback, "lab"), other = EphemeralCertificate.Create(IPAddress.Loopback, "lab");
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (EphemeralCertificate run in (EphemeralCertificate[])[one, other]) chain.ChainPolicy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(run.AuthorityPem));

        Assert.True(chain.Build(one.Server));
        chain.Reset();
        Assert.True(chain.Build(other.Server));
        Assert.NotEqual(one.Server.Issuer, other.Server.Issuer);
    }

    [Fact]
    public void One_runs_authority_does_not_vouch_for_anothers()
    {
        using EphemeralCertificate one = EphemeralCertificate.Create(IPAddress.Loopback, "lab"), other = EphemeralCertificate.Create(IPAddress.Loopback, "lab");
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(one.AuthorityPem));

        Assert.False(chain.Build(other.Server));
    }

    [Fact]
    public void A_server_on_all_interfaces_is_found_by_the_machines_name()
    {
        using EphemeralCertificate run = EphemeralCertificate.Create(IPAddress.Any, "lab");
        Assert.True(run.Server.MatchesHostname(Dns.GetHostName()));
        Assert.True(run.Server.MatchesHostname("localhost"));
        Assert.True(run.Server.MatchesHostname("127.0.0.1"));
        Assert.False(run.Server.MatchesHostname("0.0.0.0"));
    }
}
