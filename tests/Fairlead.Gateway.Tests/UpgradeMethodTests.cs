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

    /// <summary>Whoever asks by which version, and whatever the server behind announces: a pod's own WebSocket is a GET there.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Trait("Case", "C9")]
    public async Task A_pods_own_WebSocket_goes_through_by_either_version(bool isHttp2, bool secure)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: secure);
        pair.Upstream.Other = static context => HttpMethods.IsGet(context.Request.Method) ? RecordingUpstream.EchoAsync(context) : RecordingUpstream.JsonAsync(context, 405, "{}");
        const string Target = "/api/v1/namespaces/ns/services/s/proxy/ws?a=%20b";
        byte[] sent = [.. "a line that comes back"u8], back = new byte[sent.Length];
        if (isHttp2)
        {
            using HttpResponseMessage answer = await pair.ConnectAsync(Target, ["Origin-Of-Mine: 1"], subprotocols: "chat");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Empty(answer.Headers.Upgrade);
            await using Stream stream = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            await stream.WriteAsync(sent, TestContext.Current.CancellationToken);
            await stream.FlushAsync(TestContext.Current.CancellationToken);
            await stream.ReadExactlyAsync(back, TestContext.Current.CancellationToken);
        }
        else
        {
            await using RawWebSocket socket = await pair.UpgradeAsync(Target, ["Origin-Of-Mine: 1"], subprotocols: "chat");
            Assert.Equal(101, socket.StatusCode);
            await socket.SendAsync(sent, TestContext.Current.CancellationToken);
            await socket.Stream.ReadExactlyAsync(back, TestContext.Current.CancellationToken);
        }

        Assert.Equal(sent, back);
        RecordingUpstream.Seen seen = Assert.Single(pair.Upstream.Others);
        Assert.Equal(("GET", "HTTP/1.1", Target, "13", "chat", "1"), (
            seen.Method, seen.Protocol, seen.Target, seen.Header("Sec-WebSocket-Version"), seen.Header("Sec-WebSocket-Protocol"), seen.Header("Origin-Of-Mine")));
        Assert.NotNull(seen.Header("Sec-WebSocket-Key"));
        await Eventually.HoldsAsync(() => pair.Audit.Count == 1, "the upgrade is told", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("PassedOn", pair.Audit.Single().End);
    }

    [Theory]
    [InlineData(200, 502)] // no yes to a WebSocket, which to a client over HTTP/2 it would be
    [InlineData(204, 502)]
    [InlineData(403, 403)]
    [InlineData(500, 500)]
    [Trait("Case", "C9")]
    public async Task What_a_server_answers_a_WebSocket_with_is_no_yes_over_HTTP2_but_a_101(int code, int told)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Other = context =>
        {
            context.Response.StatusCode = code;
            return Task.CompletedTask;
        };
        using HttpResponseMessage answer = await pair.ConnectAsync("/api/v1/namespaces/ns/services/s/proxy/ws");
        Assert.Equal(told, (int)answer.StatusCode);
        Assert.Equal("Refused", Assert.Single(pair.Audit).End);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/ns/pods/p%2Fexec?command=ls", 400)]
    [InlineData("/api/v1/namespaces/ns/pods/p/EXEC?command=ls", 400)]
    [InlineData("/api/v1/namespaces/ns/pods//exec?command=ls", 400)]
    [Trait("Case", "C9")]
    public async Task A_path_that_can_be_read_in_two_ways_is_refused_by_either_version(string target, int code)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        foreach (bool isHttp2 in (bool[])[false, true]) Assert.Equal(code, await pair.CodeAsync(isHttp2, target));
        Assert.Empty(pair.Upstream.Others);
    }

    [Fact]
    [Trait("Case", "C9")]
    public async Task The_most_sessions_are_counted_by_either_version()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(static (options, _) => options with { MaxSessions = 0 });
        foreach (bool isHttp2 in (bool[])[false, true]) Assert.Equal(429, await pair.CodeAsync(isHttp2));
        Assert.Equal([("Refused", "TooManyRequests"), ("Refused", "TooManyRequests")], pair.Audit.Select(static line => (line.End, line.Reason)));
    }

    [Fact]
    [Trait("Case", "C9")]
    public async Task An_extended_CONNECT_to_another_protocol_is_refused_as_a_CONNECT_is()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        using HttpResponseMessage refused = await pair.ConnectAsync(GatewayPair.Exec, protocol: "spdy");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, refused.StatusCode);
        Assert.Empty(pair.Upstream.Requests);
        Assert.Equal("Refused", Assert.Single(pair.Audit).End);
    }

    [Fact]
    [Trait("Case", "C9")]
    public async Task An_extended_CONNECT_with_a_length_is_refused_as_a_CONNECT_is()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        await RawHttp2.ConnectAsync(pair.Address, GatewayPair.Exec, ["sec-websocket-version: 13", "sec-websocket-protocol: v5.channel.k8s.io", "content-length: 5"], TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => pair.Audit.Count == 1, "the refusal is told", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(("Refused", "MethodNotAllowed"), (pair.Audit.Single().End, pair.Audit.Single().Reason));
        Assert.Empty(pair.Upstream.Requests);
    }
}
