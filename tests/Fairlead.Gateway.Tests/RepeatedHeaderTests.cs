using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Gateway.Tests;

/// <summary>
/// A header that is given several times arrives behind the gateway as it came, line by line: to Kubernetes "a, b" on one line is one group.
/// </summary>
[Trait("Case", "C1")]
public sealed class RepeatedHeaderTests : IDisposable
{
    const string Service = "/api/v1/namespaces/ns/services/s/proxy/ws";

    static readonly string[] s_lines =
    [
        "Authorization: Bearer own", "Impersonate-User: jane", "Impersonate-Group: dev", "Impersonate-Group: a, b", "Impersonate-Group: ops",
        "Impersonate-Extra-scopes: ", "Impersonate-Extra-scopes: view", "X-Twice: 1", "X-Twice: 2, 3",
    ];

    readonly TestAuthority _authority = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_certificates_organisations_are_a_group_each_on_every_way(bool secure)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync((options, upstream) => options with
        {
            Own = upstream.Endpoint("gateway-token"),
            ClientAuthorities = [X509Certificate2.CreateFromPem(_authority.Pem)],
        }, secure);
        using X509Certificate2 jane = _authority.IssueClientSubject("O=devs, O=\"a, b\", O=admins, CN=jane");
        (await pair.SendAsync("/version", [], jane)).EnsureSuccessStatusCode();
        foreach (string session in (string[])["exec?command=ls&stdout=1", "attach?stdout=1", "portforward"])
        {
            string target = "/api/v1/namespaces/ns/pods/p/" + session;
            using HttpResponseMessage webSocket = await pair.SendAsync(
                target, ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: v5.channel.k8s.io, SPDY/3.1+portforward.k8s.io"], jane);
            Assert.Equal(HttpStatusCode.BadGateway, webSocket.StatusCode); // the server behind answers "ok", and that is no upgrade
        }

        Assert.Equal(["GET", "POST"], pair.Upstream.Others.Select(static seen => seen.Method).Distinct().Order()); // WebSocket and SPDY
        Assert.Equal(3, pair.Upstream.Requests.Count(static seen => seen.Target == RecordingUpstream.Reviews));
        Assert.True(pair.Upstream.Requests.Count >= 10);
        Assert.All(pair.Upstream.Requests, static seen =>
        {
            Assert.Equal(["a, b", "admins", "devs"], seen.Lines("Impersonate-Group").Order(StringComparer.Ordinal));
            Assert.Equal(["jane"], seen.Lines("Impersonate-User"));
            Assert.Equal(["Bearer gateway-token"], seen.Lines("Authorization"));
            Assert.DoesNotContain(seen.Headers.Keys, static name => name.Contains('~'));
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_callers_own_lines_pass_by_HTTP1(bool secure)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: secure);
        await (await pair.UpgradeAsync(headers: s_lines)).DisposeAsync();
        await using RawWebSocket ordinary = await RawAsync(pair, "PUT /apis/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Language: de\r\nContent-Language: en\r\n", "5\r\nhello\r\n0\r\n\r\n");
        Assert.Equal(200, ordinary.StatusCode);
        Assert.Equal("hello", pair.Upstream.Others.Last().Body);
        Assert.Equal(["de", "en"], pair.Upstream.Others.Last().Lines("Content-Language"));
        Assert.Equal(["1", "2, 3"], pair.Upstream.Others.Last().Lines("X-Twice"));
        Assert.True(pair.Upstream.Requests.Count >= 4);
        Assert.All(pair.Upstream.Requests, ExpectLines);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_callers_own_lines_pass_by_HTTP2(bool secure)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(secure: secure);
        await RawHttp2.GetAsync(pair.Address, "/version", s_lines, TestContext.Current.CancellationToken);
        ExpectLines(Assert.Single(pair.Upstream.Requests));
    }

    [Fact]
    public async Task A_watch_with_lines_arrives_event_by_event()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Upstream.Other = async context =>
        {
            await context.Response.WriteAsync("first\n");
            await context.Response.Body.FlushAsync();
            await seen.Task;
            await context.Response.WriteAsync("second\n");
        };
        await using RawWebSocket watch = await RawAsync(pair, "GET /api/v1/pods?watch=1 HTTP/1.1\r\n", "");
        await ReadToAsync(watch.Stream, "first\n");
        seen.SetResult();
        await ReadToAsync(watch.Stream, "second\n");
        ExpectLines(Assert.Single(pair.Upstream.Requests));
    }

    [Fact]
    public async Task An_ordinary_upgrade_with_lines_carries_both_ways()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Other = RecordingUpstream.EchoAsync;
        await using RawWebSocket echo = await pair.UpgradeAsync(Service, s_lines);
        Assert.Equal(101, echo.StatusCode);
        await echo.SendAsync("X-Twice~0: hello\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await ReadToAsync(echo.Stream, "X-Twice~0: hello\r\n\r\n");
        ExpectLines(Assert.Single(pair.Upstream.Requests));
    }

    [Fact]
    public async Task More_lines_than_a_hundred_are_no_more_than_their_bytes()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        string[] groups = [.. Enumerable.Range(0, 400).Select(static i => $"team-{i}")];
        string[] lines = ["Authorization: Bearer own", "Impersonate-User: jane", .. groups.Select(static group => "Impersonate-Group: " + group)];
        await using RawWebSocket session = await pair.UpgradeAsync(headers: lines);
        await RawHttp2.GetAsync(pair.Address, "/version", lines, TestContext.Current.CancellationToken);
        Assert.NotEqual(431, session.StatusCode);
        Assert.True(pair.Upstream.Requests.Count >= 2);
        Assert.All(pair.Upstream.Requests, seen => Assert.Equal(groups, seen.Lines("Impersonate-Group")));
    }

    static void ExpectLines(RecordingUpstream.Seen seen)
    {
        Assert.Equal(["dev", "a, b", "ops"], seen.Lines("Impersonate-Group"));
        Assert.Equal(["", "view"], seen.Lines("Impersonate-Extra-scopes"));
        Assert.Equal(["jane"], seen.Lines("Impersonate-User"));
        Assert.DoesNotContain(seen.Headers.Keys, static name => name.Contains('~'));
    }

    static async Task<RawWebSocket> RawAsync(GatewayPair pair, string head, string body)
    {
        RawWebSocket connection = await RawWebSocket.DialAsync(pair.Address, tls: true, TestContext.Current.CancellationToken);
        await connection.SendAsync(Encoding.ASCII.GetBytes($"{head}Host: x\r\n{string.Join("\r\n", s_lines)}\r\n\r\n{body}"), TestContext.Current.CancellationToken);
        await connection.ReadHeadAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    static async Task ReadToAsync(Stream stream, string text)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        StringBuilder read = new();
        byte[] one = new byte[1];
        while (!read.ToString().Contains(text, StringComparison.Ordinal))
        {
            Assert.True(await stream.ReadAsync(one, limit.Token) > 0, $"the connection ended before \"{text}\" came");
            read.Append((char)one[0]);
        }
    }

    public void Dispose() => _authority.Dispose();
}
