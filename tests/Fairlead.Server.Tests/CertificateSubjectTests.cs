using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.Server.Access;

namespace Fairlead.Server.Tests;

/// <summary>Whom a certificate names. Who could be two users to two readers is nobody.</summary>
[Trait("Case", "C22")]
public sealed class CertificateSubjectTests
{
    const byte CommonName = 3, Organization = 10, Unit = 11; // of 2.5.4
    const UniversalTagNumber Utf8 = UniversalTagNumber.UTF8String, Printable = UniversalTagNumber.PrintableString, Ascii = UniversalTagNumber.IA5String;

    [Fact]
    public void The_common_name_is_the_user_and_organisations_are_groups_in_order_each_once()
    {
        (string? user, var groups) = Read([(Organization, Utf8, "z")], [(Organization, Printable, "a")], [(Unit, Utf8, "\u00fc")], [(CommonName, Ascii, "jane@x y")], [(Organization, Utf8, "z")]);
        Assert.Equal("jane@x y", user);
        Assert.Equal(["z", "a"], groups);
    }

    [Theory]
    [InlineData("system:node:n1")]
    [InlineData("kube-apiserver-kubelet-client")]
    public void Users_of_the_clusters_own_are_users(string name) => Assert.Equal(name, Read([(CommonName, Utf8, name)]).User);

    [Fact]
    public void Two_common_names_are_nobodys()
    {
        Nobody([(CommonName, Utf8, "kube-apiserver-kubelet-client")], [(CommonName, Utf8, "somebody")]);
        Nobody([(CommonName, Utf8, "same")], [(CommonName, Utf8, "same")]);
        Nobody([(CommonName, Utf8, "a"), (CommonName, Utf8, "b")]);
        Nobody([(CommonName, Utf8, "a"), (Organization, Utf8, "b")]);
        Nobody([(CommonName, Utf8, "a")], [(Unit, Utf8, "b"), (Organization, Utf8, "c")]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" jane")]
    [InlineData("jane ")]
    [InlineData("ja\0ne")]
    [InlineData("ja\nne")]
    [InlineData("jane\x7f")]
    [InlineData("zo\u00eb")]
    [InlineData("system:serviceaccount:kube-system:admin")]
    public void Names_that_cannot_be_handed_on_as_they_are_are_nobodys(string name)
    {
        Nobody([(CommonName, Utf8, name)]);
        if (!name.StartsWith("system:", StringComparison.Ordinal)) Nobody([(CommonName, Utf8, "jane")], [(Organization, Utf8, name)]);
    }

    [Theory]
    [InlineData(UniversalTagNumber.BMPString)]
    [InlineData(UniversalTagNumber.T61String)]
    [InlineData(UniversalTagNumber.UniversalString)]
    public void Encodings_that_are_read_in_several_ways_are_nobodys(UniversalTagNumber encoding)
    {
        Nobody([(CommonName, encoding, "jane")]);
        Nobody([(CommonName, Utf8, "jane")], [(Organization, encoding, "admins")]);
    }

    [Fact]
    public void No_name_at_all_is_nobodys()
    {
        Nobody();
        Nobody([(Organization, Utf8, "admins")]);
    }

    static void Nobody(params (byte Type, UniversalTagNumber Encoding, string Value)[][] parts)
    {
        (string? user, var groups) = Read(parts);
        Assert.Null(user);
        Assert.Empty(groups);
    }

    static (string? User, System.Collections.Immutable.ImmutableArray<string> Groups) Read(params (byte Type, UniversalTagNumber Encoding, string Value)[][] parts)
    {
        byte[] subject = Node(0x30, [.. parts.SelectMany(static part => Node(0x31, [.. part.SelectMany(Element)]))]);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(new X500DistinguishedName(subject), key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return CertificateSubject.Read(certificate);
    }

    static byte[] Element((byte Type, UniversalTagNumber Encoding, string Value) element) =>
        Node(0x30, [0x06, 0x03, 0x55, 0x04, element.Type, .. Node((byte)element.Encoding, Bytes(element.Encoding, element.Value))]);

    static byte[] Node(byte tag, byte[] content) => content.Length < 0x80 ? [tag, (byte)content.Length, .. content] : [tag, 0x81, checked((byte)content.Length), .. content];

    static byte[] Bytes(UniversalTagNumber encoding, string text) => encoding switch
    {
        UniversalTagNumber.BMPString => Encoding.BigEndianUnicode.GetBytes(text),
        UniversalTagNumber.UniversalString => new UTF32Encoding(bigEndian: true, byteOrderMark: false).GetBytes(text),
        _ => Encoding.UTF8.GetBytes(text),
    };
}
