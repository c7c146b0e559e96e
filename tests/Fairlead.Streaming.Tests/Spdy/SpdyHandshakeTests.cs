using System.Text;
using Fairlead.Streaming.Spdy;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests.Spdy;

public sealed class SpdyHandshakeTests
{
    static readonly string[] GoOffer = ["v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

    [Fact]
    public void The_first_version_of_the_clients_that_the_server_has_is_spoken()
    {
        Assert.Equal(RemoteCommandProtocol.SpdyV4, Pick(GoOffer));
        Assert.Equal(RemoteCommandProtocol.SpdyV4, Pick(string.Join(", ", GoOffer))); // one line, as .NET sends it
        Assert.Equal(RemoteCommandProtocol.SpdyV2, Pick(" v5.channel.k8s.io,v2.channel.k8s.io", "v4.channel.k8s.io"));
        Assert.Equal(RemoteCommandProtocol.SpdyV1, SpdyHandshake.Negotiate(GoOffer, [RemoteCommandProtocol.SpdyV1]).Protocol);
        Assert.Equal(101, SpdyHandshake.Negotiate(GoOffer, RemoteCommandProtocol.OverSpdy).StatusCode);
    }

    [Fact]
    public void Nothing_in_common_is_403_and_says_what_there_is()
    {
        SpdyNegotiation refused = SpdyHandshake.Negotiate(["v9.channel.k8s.io", "v5.channel.k8s.io"], [RemoteCommandProtocol.SpdyV4, RemoteCommandProtocol.SpdyV1]);
        Assert.Null(refused.Protocol);
        Assert.Equal(403, refused.StatusCode);
        Assert.Equal(
            "unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io v5.channel.k8s.io], server accepts [v4.channel.k8s.io channel.k8s.io]",
            refused.Text);
        Assert.Equal(["v4.channel.k8s.io", "channel.k8s.io"], refused.AcceptedVersions);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" , ,")]
    public void No_version_at_all_is_400(string? value)
    {
        SpdyNegotiation refused = SpdyHandshake.Negotiate([value], RemoteCommandProtocol.OverSpdy);
        Assert.Equal((400, null), (refused.StatusCode, refused.Protocol));
        Assert.StartsWith("unable to upgrade: header X-Stream-Protocol-Version does not exist", refused.Text, StringComparison.Ordinal);
        Assert.Empty(refused.AcceptedVersions);
    }

    [Theory]
    [InlineData("Upgrade", "SPDY/3.1", true)]
    [InlineData("keep-alive, upgrade", "spdy/3.1, websocket", true)]
    [InlineData("Upgrade", "websocket", false)]
    [InlineData("close", "SPDY/3.1", false)]
    [InlineData(null, null, false)]
    public void The_upgrade_is_found_where_go_finds_it(string? connection, string? upgrade, bool isRequested)
    {
        Assert.Equal(isRequested, SpdyHandshake.IsRequested([connection], [upgrade]));
        Assert.Equal(400, SpdyHandshake.MissingUpgrade(connection, upgrade).StatusCode);
        Assert.StartsWith("unable to upgrade: missing upgrade headers in request: ", SpdyHandshake.MissingUpgrade(connection, upgrade).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_101_that_names_no_version_speaks_v1_and_one_that_was_not_offered_none()
    {
        Assert.Equal(RemoteCommandProtocol.SpdyV1, SpdyHandshake.ReadAnswer(null, RemoteCommandProtocol.OverSpdy));
        Assert.Equal(RemoteCommandProtocol.SpdyV3, SpdyHandshake.ReadAnswer("v3.channel.k8s.io", RemoteCommandProtocol.OverSpdy));
        Assert.Null(SpdyHandshake.ReadAnswer("v3.channel.k8s.io", [RemoteCommandProtocol.SpdyV4]));
        Assert.Null(SpdyHandshake.ReadAnswer("portforward.k8s.io", RemoteCommandProtocol.OverSpdy));
        Assert.Null(SpdyHandshake.ReadAnswer(null, [RemoteCommandProtocol.SpdyV4]));
    }

    [Theory]
    [InlineData("""{"kind":"Status","message":"pods \"x\" not found","code":404}""", "pods \"x\" not found")]
    [InlineData("""{"error":"no"}""", "no")]
    [InlineData("""{"message":5}""", """{"message":5}""")]
    [InlineData("404 page not found\n", "404 page not found")]
    [InlineData("[1]", "[1]")]
    [InlineData("", "empty server response")]
    public void A_refusal_is_told_in_the_servers_words(string body, string text) =>
        Assert.Equal("unable to upgrade connection: " + text, SpdyHandshake.DescribeRefusal(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void The_versions_can_what_they_can()
    {
        Assert.Equal(["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"], RemoteCommandProtocol.OverSpdy.Select(p => p.Name));
        Assert.Equal([true, true, true, false], RemoteCommandProtocol.OverSpdy.Select(p => p.CanEndInput));
        Assert.Equal([true, true, false, false], RemoteCommandProtocol.OverSpdy.Select(p => p.HasResize));
        Assert.Equal([true, false, false, false], RemoteCommandProtocol.OverSpdy.Select(p => p.HasJsonStatus));
        Assert.Empty(RemoteCommandProtocol.OverSpdy.Intersect(RemoteCommandProtocol.OverWebSocket)); // the same name is not the same version
        Assert.Null(RemoteCommandProtocol.FindOverSpdy("v5.channel.k8s.io"));
        Assert.All(RemoteCommandProtocol.OverWebSocket, p => Assert.True(p.HasResize));
    }

    static RemoteCommandProtocol? Pick(params string[] offered) => SpdyHandshake.Negotiate(offered, RemoteCommandProtocol.OverSpdy).Protocol;
}
