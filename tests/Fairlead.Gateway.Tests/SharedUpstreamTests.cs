using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fairlead.Gateway.Tests;

/// <summary>How the gateway finds out whether the server behind takes sessions over HTTP/2, and what it asks for then.</summary>
[Trait("Case", "C9")]
public sealed class SharedUpstreamTests : IDisposable
{
    readonly TestAuthority _authority = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_announces_it_is_asked_by_CONNECT()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: true);
        pair.Upstream.Other = static context => RecordingUpstream.TakeConnectAsync(context);
        Assert.Equal(101, await pair.CodeAsync(isHttp2: false, headers: ["Authorization: Bearer t", "Impersonate-User: jane"]));
        RecordingUpstream.Seen seen = Assert.Single(pair.Upstream.Others);
        Assert.Equal(("CONNECT", "HTTP/2", GatewayPair.Exec, "13"), (seen.Method, seen.Protocol, seen.Target, seen.Header("Sec-WebSocket-Version")));
        Assert.Equal(("Bearer t", "jane"), (seen.Header("Authorization"), seen.Header("Impersonate-User")));
        Assert.Null(seen.Header("Sec-WebSocket-Key"));
        await Eventually.HoldsAsync(() => pair.Audit.Count == 1, "the session is told", cancellationToken: Ct);
        Assert.Equal(("1.1", "2"), (pair.Audit.Single().ClientHttp, pair.Audit.Single().ServerHttp));
    }

    [Fact]
    public async Task Without_the_wish_to_share_nothing_is_asked_so()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(static (options, _) => options with { UpstreamSharesConnections = false }, secure: true);
        pair.Upstream.Other = static context => RecordingUpstream.TakeGetAsync(context);
        Assert.Equal(101, await pair.CodeAsync(isHttp2: true));
        Assert.Equal(("GET", "HTTP/1.1"), Single(pair));
        await Eventually.HoldsAsync(() => pair.Audit.Count == 1, "the session is told", cancellationToken: Ct);
        Assert.Equal(("2", "1.1"), (pair.Audit.Single().ClientHttp, pair.Audit.Single().ServerHttp));
    }

    /// <summary>Whoever sends what no person types may send much, and that is slower as one stream among many.</summary>
    [Theory]
    [InlineData("exec?command=cat&stdin=true&stdout=true", "GET")] // a pipe, a copy
    [InlineData("attach?stdin=1&stdout=1", "GET")]
    [InlineData("exec?command=sh&stdin=true&stdout=true&tty=true", "CONNECT")]
    [InlineData("attach?stdin=true&stdout=true&tty=true", "CONNECT")]
    [InlineData("exec?command=tail&stdout=true&stderr=true", "CONNECT")]
    [InlineData("attach?stdout=true", "CONNECT")]
    public async Task Input_that_is_no_terminals_has_a_connection_of_its_own(string asked, string method)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: true);
        pair.Upstream.Other = static context => HttpMethods.IsGet(context.Request.Method) ? RecordingUpstream.TakeGetAsync(context) : RecordingUpstream.TakeConnectAsync(context);
        Assert.Equal(101, await pair.CodeAsync(isHttp2: true, "/api/v1/namespaces/ns/pods/p/" + asked));
        Assert.Equal((method, method == "GET" ? "HTTP/1.1" : "HTTP/2"), Single(pair));
        await Eventually.HoldsAsync(() => pair.Audit.Count == 1, "the session is told", cancellationToken: Ct);
        Assert.Equal(("2", method == "GET" ? "1.1" : "2"), (pair.Audit.Single().ClientHttp, pair.Audit.Single().ServerHttp));
        Assert.Equal(101, await pair.CodeAsync(isHttp2: true)); // nothing is held against the server
        Assert.Equal("CONNECT", pair.Upstream.Others.Last().Method);
    }

    [Theory]
    [InlineData(405)] // by what knows no CONNECT
    [InlineData(404)]
    [InlineData(400)]
    [InlineData(501)]
    [InlineData(0xd)] // HTTP_1_1_REQUIRED, as former versions of ours
    public async Task Who_announces_it_and_does_not_take_it_is_asked_by_GET_and_from_then_on_at_once(int answer)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: true);
        pair.Upstream.Other = async context =>
        {
            if (HttpMethods.IsGet(context.Request.Method)) await RecordingUpstream.TakeGetAsync(context);
            else if (answer == 0xd) context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(answer);
            else context.Response.StatusCode = answer;
        };
        for (int i = 0; i < 3; i++) Assert.Equal(101, await pair.CodeAsync(isHttp2: false));
        Assert.Equal(["CONNECT", "GET", "GET", "GET"], pair.Upstream.Others.Select(static seen => seen.Method));
    }

    [Fact]
    public async Task A_refusal_for_what_is_asked_is_the_answer_and_nothing_is_asked_twice()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: true);
        pair.Upstream.Other = static context => RecordingUpstream.JsonAsync(
            context, 404, """{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"pods \"p\" not found"}""");
        using HttpResponseMessage refused = await pair.ConnectAsync();
        Assert.Equal((HttpStatusCode.NotFound, "NotFound"), (refused.StatusCode, await GatewayPair.ReasonAsync(refused)));
        Assert.Equal(("CONNECT", "HTTP/2"), Single(pair));
    }

    [Fact]
    public async Task A_server_of_HTTP1_alone_is_asked_by_GET()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: true, protocols: HttpProtocols.Http1);
        pair.Upstream.Other = static context => RecordingUpstream.TakeGetAsync(context);
        for (int i = 0; i < 2; i++) Assert.Equal(101, await pair.CodeAsync(isHttp2: true));
        Assert.Equal([("GET", "HTTP/1.1"), ("GET", "HTTP/1.1")], pair.Upstream.Others.Select(static seen => (seen.Method, seen.Protocol)));
    }

    [Fact]
    [Trait("Case", "C1")]
    public async Task A_header_that_is_given_several_times_keeps_its_lines_by_GET_and_others_share_as_before()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: true);
        pair.Upstream.Other = static context => HttpMethods.IsGet(context.Request.Method) ? RecordingUpstream.TakeGetAsync(context) : RecordingUpstream.TakeConnectAsync(context);
        await using RawWebSocket two = await pair.UpgradeAsync(
            headers: ["Authorization: Bearer t", "Impersonate-User: jane", "Impersonate-Group: devs", "Impersonate-Group: a, b"]);
        Assert.Equal(101, two.StatusCode);
        Assert.Equal(101, await pair.CodeAsync(isHttp2: true, headers: ["Authorization: Bearer t", "Impersonate-User: jane", "Impersonate-Group: devs"]));
        RecordingUpstream.Seen[] seen = [.. pair.Upstream.Others];
        Assert.Equal([("GET", "HTTP/1.1"), ("CONNECT", "HTTP/2")], seen.Select(static each => (each.Method, each.Protocol)));
        Assert.Equal(["devs", "a, b"], seen[0].Lines("Impersonate-Group"));
        Assert.Equal(["devs"], seen[1].Lines("Impersonate-Group"));
    }

    [Fact]
    public async Task Callers_share_a_connection_and_who_is_spoken_for_by_the_gateways_certificate_has_another()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(
            (options, upstream) => options with { Own = upstream.Endpoint("gateway-token"), ClientAuthorities = [X509Certificate2.CreateFromPem(_authority.Pem)] }, secure: true);
        pair.Upstream.Other = static context => RecordingUpstream.TakeConnectAsync(context);
        using X509Certificate2 jane = _authority.IssueClientSubject("CN=jane");
        List<HttpResponseMessage> open = [];
        for (int i = 0; i < 20; i++)
        {
            open.Add(await pair.ConnectAsync(headers: ["Authorization: Bearer of-" + i]));
            open.Add(await pair.ConnectAsync(certificate: jane));
        }

        Assert.All(open, static answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        RecordingUpstream.Seen[] seen = [.. pair.Upstream.Others];
        string[] plain = [.. seen.Where(static each => each.Header("Impersonate-User") is null).Select(static each => each.Connection).Distinct()];
        string[] own = [.. seen.Where(static each => each.Header("Impersonate-User") == "jane").Select(static each => each.Connection).Distinct()];
        Assert.Equal((40, 1, 1, 0), (seen.Length, plain.Length, own.Length, plain.Intersect(own).Count()));
        foreach (HttpResponseMessage answer in open) answer.Dispose();
    }

    static (string, string) Single(GatewayPair pair) => Assert.Single(pair.Upstream.Others.Select(static seen => (seen.Method, seen.Protocol)));

    public void Dispose() => _authority.Dispose();
}
