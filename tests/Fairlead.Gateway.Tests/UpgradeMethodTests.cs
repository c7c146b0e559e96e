using System.Net;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Gateway.Tests;

/// <summary>By which methods and versions of HTTP an upgrade is asked for, here and behind.</summary>
public sealed class UpgradeMethodTests
{
    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("TRACE")]
    [InlineData("OPTIONS")]
    [Trait("Case", "C10")]
    public async Task A_session_is_asked_for_by_GET_or_POST_alone(string method)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        foreach (string target in (string[])[GatewayPair.Exec, "/api/v1/namespaces/ns/pods/p/attach?stdout=1", "/api/v1/namespaces/ns/pods/p/portforward", "/exec/ns/p/c?output=1&command=ls", "/portForward/ns/p"])
        {
            string version = target.Contains("ort", StringComparison.OrdinalIgnoreCase) ? "portforward.k8s.io" : "v4.channel.k8s.io";
            using HttpResponseMessage spdy = await pair.SendAsync(
                target, ["Connection: Upgrade", "Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: " + version], method: new HttpMethod(method));
            Assert.Equal(HttpStatusCode.MethodNotAllowed, spdy.StatusCode);
            Assert.Equal(["GET", "POST"], spdy.Content.Headers.Allow.Order());
            await using RawWebSocket webSocket = await pair.UpgradeAsync(target, method: method);
            Assert.Equal(405, webSocket.StatusCode);
        }

        Assert.Empty(pair.Upstream.Others);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("Post")]
    [InlineData("delete")]
    [InlineData("G3T")]
    [Trait("Case", "C10")]
    public async Task A_method_in_another_spelling_is_none(string method)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        await using RawWebSocket session = await pair.UpgradeAsync(method: method);
        await using RawWebSocket other = await pair.UpgradeAsync("/version", method: method);
        Assert.Equal((405, 405), (session.StatusCode, other.StatusCode));
        Assert.Empty(pair.Upstream.Others);
    }

    [Theory]
    [InlineData("/x HTTP/1.0")]
    [InlineData("/x?a b")]
    [InlineData("/x\ty")]
    [InlineData("/x\u007fy")]
    [InlineData("/x#y")]
    [Trait("Case", "C3")]
    public async Task A_target_that_ends_a_request_line_is_refused(string target)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        await RawHttp2.GetAsync(pair.Address, target, [], TestContext.Current.CancellationToken);
        Assert.Empty(pair.Upstream.Requests);
    }

    [Fact]
    [Trait("Case", "C9")]
    public async Task An_ordinary_upgrade_is_one_behind_the_gateway_too()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: true); // a web server that announces extended CONNECT
        (await pair.SendAsync("/version")).EnsureSuccessStatusCode(); // a connection of HTTP/2 is there and could be taken
        Assert.Equal("HTTP/2", pair.Upstream.Others.Single().Protocol);
        pair.Upstream.Other = static context => HttpMethods.IsGet(context.Request.Method) ? RecordingUpstream.EchoAsync(context) : RecordingUpstream.JsonAsync(context, 405, "{}");
        await using RawWebSocket echo = await pair.UpgradeAsync("/api/v1/namespaces/ns/services/s/proxy/ws", subprotocols: null);
        Assert.Equal(101, echo.StatusCode);
        RecordingUpstream.Seen seen = pair.Upstream.Others.Last();
        Assert.Equal(("GET", "HTTP/1.1", "13"), (seen.Method, seen.Protocol, seen.Header("Sec-WebSocket-Version")));
    }

    [Theory]
    [InlineData(GatewayPair.Exec)]
    [InlineData("/api/v1/namespaces/ns/services/s/proxy/ws")]
    [Trait("Case", "C9")]
    public async Task A_WebSocket_over_HTTP2_is_sent_to_HTTP1(string target)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        using HttpClient client = pair.Client();
        using HttpRequestMessage request = new(HttpMethod.Connect, target) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Protocol = "websocket";
        HttpRequestException refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(request, TestContext.Current.CancellationToken));
        Assert.Equal(0xd, Assert.IsType<HttpProtocolException>(refused.InnerException).ErrorCode); // HTTP_1_1_REQUIRED
        Assert.Empty(pair.Upstream.Requests);
    }
}
