using System.Security.Cryptography.X509Certificates;
using Fairlead.Testing.Containerd;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>
/// Requests that try to be judged as one thing and be another at the kubelet. The caller may get metrics and nothing else; what reaches the
/// kubelet by the front's credential is that alone.
/// </summary>
public sealed class HostileRequestTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/metrics/../pods")]
    [InlineData("/metrics/./x")]
    [InlineData("/metrics/..%2fpods")]
    [InlineData("/metrics/%2e%2e/pods")]
    [InlineData("/metrics/%2E%2E%2Fpods")]
    [InlineData("/metrics%2f..%2fpods")]
    [InlineData("/metrics/..%5cpods")]
    [InlineData("/metrics/..\\pods")]
    [InlineData("//metrics")]
    [InlineData("//pods/metrics")]
    [InlineData("/metrics//pods")]
    [InlineData("/metrics/%")]
    [InlineData("/metrics/%zz")]
    [InlineData("/metrics/%c0%af")] // an overlong slash
    [InlineData("/metrics/%00")]
    [InlineData("/metrics/%0d%0aX: y")]
    [InlineData("/metrics/%7f")]
    [InlineData("/metrics#/../pods")]
    [InlineData("/metrics?a#b")]
    [InlineData("http://127.0.0.1/metrics")]
    [InlineData("https://elsewhere/pods")]
    [InlineData("*")]
    [InlineData("metrics")]
    [InlineData("/%65xec/ns/p/c")]
    [InlineData("/exec/ns/p/%63")]
    [InlineData("/exec/ns/p/c/")]
    [InlineData("/exec/ns%2fp/c")]
    [InlineData("/run/ns/p/%2e%2e/c")]
    public async Task What_can_be_read_in_two_ways_is_not_read(string target)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        string answer = await room.RawAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", jane);
        Assert.Matches(target.StartsWith('/') || target.Contains(':') ? "^HTTP/1.1 400 " : "^HTTP/1.1 40[05] ", answer);
        Assert.Empty(room.Kubelet.Requests);
        Assert.Equal(0, room.Cluster.Asked);
    }

    [Theory]
    [InlineData("/metrics;/pods", "/metrics%3B/pods", "proxy")]
    [InlineData("/metrics%3b", "/metrics%3B", "proxy")]
    [InlineData("/%6detrics", "/metrics", "metrics")]
    [InlineData("/metrics/%2561", "/metrics/%2561", "metrics")]
    [InlineData("/metrics/a%20b/%C3%A4", "/metrics/a%20b/%C3%A4", "metrics")]
    [InlineData("/metrics/?x=/../pods&y=%2f;z", "/metrics/?x=/../pods&y=%2f;z", "metrics")]
    [InlineData("/metrics?", "/metrics?", "metrics")]
    [InlineData("/METRICS", "/METRICS", "proxy")]
    [InlineData("/logs/x%3Fpods", "/logs/x%3Fpods", "log")]
    [InlineData("/metrics%3Fx", "/metrics%3Fx", "proxy")]
    [InlineData("/metrics%23x", "/metrics%23x", "proxy")]
    public async Task What_is_judged_is_what_is_sent(string target, string sent, string subresource)
    {
        await using FrontRoom room = await FrontRoom.StartAsync(options => options with { Kubelet = options.Kubelet! with { DeniedLifetime = default } });
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        string request = $"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        room.Allow("jane", "get", subresource == "metrics" ? "proxy" : "metrics");
        Assert.Matches("^HTTP/1.1 403 ", await room.RawAsync(request, jane));
        Assert.Empty(room.Kubelet.Requests);
        room.Allow("jane", "get", subresource);
        Assert.Matches("^HTTP/1.1 404 ", await room.RawAsync(request, jane));
        Assert.Equal(sent, Assert.Single(room.Kubelet.Requests).Target);
    }

    [Theory]
    [InlineData("get")]
    [InlineData("Post")]
    [InlineData("TRACE")]
    [InlineData("GET2")]
    public async Task A_method_that_others_read_as_another_is_refused(string method)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Matches("^HTTP/1.1 405 ", await room.RawAsync($"{method} /pods HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", jane));
        Assert.Empty(room.Kubelet.Requests);
    }

    [Fact]
    public async Task A_tunnel_is_refused()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Matches("^HTTP/1.1 405 ", await room.RawAsync("CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n", jane));
    }

    [Theory]
    [InlineData("Authorization: Bearer admins")]
    [InlineData("Authorization: Bearer admins\r\nAuthorization: Bearer others")]
    [InlineData("Impersonate-User: admin\r\nImpersonate-Group: system:masters")]
    [InlineData("X-Remote-User: admin\r\nX-Remote-Group: system:masters\r\nX-Remote-Extra-a: b")]
    [InlineData("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Host: evil\r\nForwarded: for=127.0.0.1")]
    [InlineData("X-Hop: 1\r\nConnection: X-Hop")]
    [InlineData("Proxy-Authorization: Basic eA==")]
    [InlineData("TE: trailers\r\nKeep-Alive: 5")]
    public async Task No_header_says_who_somebody_is_or_outlives_its_hop(string lines)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Allow("jane", "get", "metrics");
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        string close = lines.Contains("Connection:", StringComparison.Ordinal) ? "" : "Connection: close\r\n";
        Assert.Matches("^HTTP/1.1 404 ", await room.RawAsync($"GET /metrics HTTP/1.1\r\nHost: evil.example:1\r\n{close}X-Stays: 1\r\n{lines}\r\n\r\n", jane));
        SeenRequest seen = Assert.Single(room.Kubelet.Requests);
        Assert.Equal(FrontRoom.Front, seen.User);
        Assert.Equal("1", seen.Headers["X-Stays"]);
        Assert.Equal($"127.0.0.1:{room.Kubelet.Port}", seen.Headers["Host"]);
        foreach (string name in lines.Split("\r\n").Select(static line => line.Split(':')[0])) Assert.DoesNotContain(name, seen.Headers.Keys);
    }

    [Theory]
    [InlineData("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /pods HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 38\r\n\r\n0\r\n\r\nGET /pods HTTP/1.1\r\nX: y")]
    [InlineData("Content-Length: 0\r\nContent-Length: 38\r\n\r\nGET /pods HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\nContent-Length: 38\r\n\r\nGET /pods HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /pods HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Content-Length: 0\r\nX: a\n\nGET /pods HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Content-Length: 38\r\n\r\nGET /pods HTTP/1.1\r\nHost: x\r\nX: abcd\r\n\r\n")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 38\r\n\r\nGET /pods HTTP/1.1\r\nHost: x\r\nX: abcd\r\n\r\n")]
    public async Task No_request_hides_in_anothers_body(string rest)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Cluster.Allows = static spec => (string?)spec["resourceAttributes"]!["subresource"] == "metrics";
        room.Kubelet.Paths["metrics"] = static async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            await context.Response.WriteAsync("numbers");
        };
        await room.RawAsync("POST /metrics HTTP/1.1\r\nHost: x\r\n" + rest, jane);
        Assert.DoesNotContain(room.Kubelet.Requests, static seen => seen.Target.Contains("pods", StringComparison.Ordinal));
        Assert.InRange(room.Kubelet.Requests.Count, 0, 1);
    }

    /// <summary>With the tunnel open bytes are the kubelet's: it is the kubelet's answer, and not the caller, that opens it.</summary>
    [Fact]
    public async Task An_upgrade_that_the_kubelet_does_not_take_opens_no_way_to_it()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Cluster.Allows = static _ => true;
        const string head = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", hidden = "GET /pods HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        room.Kubelet.Paths["metrics"] = static context => context.Response.WriteAsync("numbers");
        string answer = await room.RawAsync(head + hidden, jane);
        Assert.Matches("^HTTP/1.1 200 ", answer);
        Assert.All(room.Kubelet.Requests.Where(static seen => seen.Target == "/pods"), static seen => Assert.Equal("HTTP/2", seen.Protocol)); // judged as a request of its own
    }

    /// <summary>Over HTTP/2 a plain 200 would be that yes.</summary>
    [Fact]
    public async Task An_extended_CONNECT_that_the_kubelet_does_not_take_opens_no_way_to_it()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Paths["metrics"] = static context => context.Response.WriteAsync("numbers");
        (int code, string body) = await room.AskAsync("/metrics", jane, method: "CONNECT");
        Assert.Equal(502, code);
        Assert.DoesNotContain("numbers", body, StringComparison.Ordinal);
    }
}
