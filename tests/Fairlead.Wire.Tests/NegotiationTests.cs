namespace Fairlead.Wire.Tests;

public sealed class NegotiationTests
{
    const string V5 = "v5.channel.k8s.io", V4 = "v4.channel.k8s.io", V1 = "channel.k8s.io";
    const string Base64V4 = "v4.base64.channel.k8s.io", Base64V1 = "base64.channel.k8s.io";

    [Theory]
    [InlineData(V5, V5)]
    [InlineData(V4, V4)]
    [InlineData(V1, V1)]
    [InlineData(Base64V4, Base64V4)]
    [InlineData(Base64V1, Base64V1)]
    [InlineData($"{V5}, {V4}", V5)]
    [InlineData($"{V4}, {V5}", V5)] // wherever v5 stands
    [InlineData($"{Base64V1},{V1},{V5}", V5)]
    [InlineData($"{V1}, {V4}", V1)] // without v5 the client's order counts
    [InlineData($"{V4},{V1}", V4)]
    [InlineData($"  {Base64V4} ,, {V4} ", Base64V4)]
    [InlineData($"v3.channel.k8s.io, v2.channel.k8s.io, {V1}", V1)] // SPDY's versions mean nothing here
    [InlineData($"{V5}, {V4}, v3.channel.k8s.io, v2.channel.k8s.io, {V1}", V5)] // the JavaScript client
    [InlineData($"base64url.bearer.authorization.k8s.io.c2VjcmV0, {V4}", V4)] // a browser's token is no version
    [InlineData("v2.channel.k8s.io", null)]
    [InlineData("v3.channel.k8s.io", null)]
    [InlineData("v5.base64.channel.k8s.io", null)]
    [InlineData("portforward.k8s.io", null)]
    [InlineData("SPDY/3.1+portforward.k8s.io", null)]
    [InlineData("binary.k8s.io", null)]
    [InlineData("V5.CHANNEL.K8S.IO", null)] // names are case-sensitive
    public void Picks_as_kubernetes_does(string header, string? expected) =>
        Assert.Equal(expected, SubprotocolNegotiation.Pick(SubprotocolNegotiation.Split([header]), RemoteCommandProtocol.OverWebSocket)?.Name);

    [Fact]
    public void No_offer_means_no_subprotocol_where_that_is_accepted()
    {
        Assert.Same(RemoteCommandProtocol.Unnamed, SubprotocolNegotiation.Pick([], RemoteCommandProtocol.OverWebSocket));
        Assert.Null(SubprotocolNegotiation.Pick([], [RemoteCommandProtocol.V5, RemoteCommandProtocol.V4]));
    }

    [Fact]
    public void An_empty_name_in_an_offer_picks_nothing() => Assert.Null(SubprotocolNegotiation.Pick([""], RemoteCommandProtocol.OverWebSocket));

    [Fact]
    public void What_is_not_accepted_is_passed_over()
    {
        Assert.Same(RemoteCommandProtocol.V4, SubprotocolNegotiation.Pick([V5, V4], [RemoteCommandProtocol.V4, RemoteCommandProtocol.V1]));
        Assert.Null(SubprotocolNegotiation.Pick([V4, V1], [RemoteCommandProtocol.V5]));
    }

    [Fact]
    public void Every_header_line_counts() => Assert.Equal([V5, V4, V1], SubprotocolNegotiation.Split([V5, null, "", $"{V4} ,{V1}"]));

    [Theory]
    [InlineData(V5, false, true, true)]
    [InlineData(V4, false, false, true)]
    [InlineData(V1, false, false, false)]
    [InlineData("", false, false, false)]
    [InlineData(Base64V4, true, false, true)]
    [InlineData(Base64V1, true, false, false)]
    public void A_name_says_what_its_version_can(string name, bool base64, bool endsInput, bool jsonStatus)
    {
        RemoteCommandProtocol? protocol = RemoteCommandProtocol.Find(name);

        Assert.NotNull(protocol);
        Assert.Equal((base64, endsInput, jsonStatus), (protocol.IsBase64, protocol.CanEndInput, protocol.HasJsonStatus));
    }

    [Fact]
    public void Find_takes_no_name_as_unnamed_and_an_unknown_one_as_none()
    {
        Assert.Same(RemoteCommandProtocol.Unnamed, RemoteCommandProtocol.Find(null));
        Assert.Null(RemoteCommandProtocol.Find("v6.channel.k8s.io"));
    }
}
