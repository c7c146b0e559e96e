using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Server.Access;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Server.Tests;

/// <summary>A certificate is believed by the time and the authorities of each request, not by those of its connection's handshake.</summary>
public sealed class ClientAuthoritiesTests
{
    static readonly DateTimeOffset s_now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    readonly FakeTimeProvider _clock = new(s_now);

    [Theory]
    [InlineData(1, 100, 100)]
    [InlineData(100, 1, 100)]
    [InlineData(100, 100, 1)]
    public void Whatever_of_the_chain_ends_the_certificate_is_believed_no_longer(int leaf, int intermediate, int root)
    {
        using Chain chain = new(leaf, intermediate, root);
        ClientAuthorities authorities = new([chain.Root], _clock);
        using X509Chain presented = new();
        presented.ChainPolicy.ExtraStore.Add(chain.Intermediate);
        Assert.True(authorities.Vouch(chain.Leaf, presented));
        Assert.True(authorities.StillVouch(chain.Leaf));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.True(authorities.StillVouch(chain.Leaf)); // its last second
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(authorities.StillVouch(chain.Leaf));
        Assert.False(authorities.Vouch(chain.Leaf, presented));
        _clock.AdjustTime(s_now);
        Assert.True(authorities.StillVouch(chain.Leaf)); // a clock that was wrong and is set
    }

    [Fact]
    public void Who_is_vouched_for_by_a_former_authority_is_nobody()
    {
        using Chain chain = new(100, 100, 100), other = new(100, 100, 100);
        X509Certificate2Collection present = [chain.Root];
        ClientAuthorities authorities = new(() => present, _clock);
        using X509Chain presented = new();
        presented.ChainPolicy.ExtraStore.Add(chain.Intermediate);
        Assert.True(authorities.Vouch(chain.Leaf, presented));
        present = [other.Root];
        Assert.False(authorities.StillVouch(chain.Leaf));
        present = [other.Root, chain.Root];
        Assert.True(authorities.StillVouch(chain.Leaf));
    }

    [Fact]
    public void One_that_has_not_begun_is_not_believed()
    {
        using Chain chain = new(100, 100, 100);
        _clock.AdjustTime(s_now - TimeSpan.FromHours(2));
        Assert.False(new ClientAuthorities([chain.Root, chain.Intermediate], _clock).StillVouch(chain.Leaf));
    }

    /// <summary>A client's certificate, what it was signed by, and by what that was; each is valid for so many hours.</summary>
    sealed class Chain : IDisposable
    {
        internal Chain(int leaf, int intermediate, int root)
        {
            using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256), key = ECDsa.Create(ECCurve.NamedCurves.nistP256), leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            X500DistinguishedName top = new("CN=root " + Guid.NewGuid()), middle = new("CN=intermediate " + Guid.NewGuid());
            Root = Issue(top, rootKey, top, rootKey, root, isAuthority: true);
            Intermediate = Issue(middle, key, top, rootKey, intermediate, isAuthority: true);
            Leaf = Issue(new X500DistinguishedName("CN=jane"), leafKey, middle, key, leaf, isAuthority: false);
        }

        internal X509Certificate2 Leaf { get; }

        internal X509Certificate2 Intermediate { get; }

        internal X509Certificate2 Root { get; }

        /// <summary>By the signer's key alone, which makes what outlives the signer too.</summary>
        static X509Certificate2 Issue(X500DistinguishedName subject, ECDsa key, X500DistinguishedName signer, ECDsa signing, int hours, bool isAuthority)
        {
            CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
            if (!isAuthority) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
            return request.Create(signer, X509SignatureGenerator.CreateForECDsa(signing), s_now.AddHours(-1), s_now.AddHours(hours), RandomNumberGenerator.GetBytes(8));
        }

        public void Dispose()
        {
            Leaf.Dispose();
            Intermediate.Dispose();
            Root.Dispose();
        }
    }
}
