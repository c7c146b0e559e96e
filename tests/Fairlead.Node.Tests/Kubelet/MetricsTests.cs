using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>The front's own metrics: who may read them, and that every session that is asked for is in them.</summary>
public sealed class MetricsTests
{
    const string Path = "/fairlead/metrics";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_may_get_the_nodes_metrics_reads_them_by_certificate_and_by_token()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithoutMemory);
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Know("joes-token", "joe");
        foreach (string subresource in (string[])["proxy", "stats", "metrics", "metrics/fairlead", "", "*"])
        {
            int expected = subresource == "metrics" ? 200 : 403;
            room.Allow("jane", "get", subresource);
            Assert.Equal(expected, (await room.AskAsync(Path, jane)).Code);
            room.Allow("joe", "get", subresource);
            (int code, string body) = await room.AskAsync(Path, token: "joes-token");
            Assert.Equal(expected, code);
            if (code == 403) Assert.Equal("Forbidden (user=joe, verb=get, resource=nodes, subresource(s)=[metrics])\n", body);
            else Assert.Contains("# TYPE fairlead_node_sessions_ended_total counter\n", body, StringComparison.Ordinal);
        }

        Assert.Empty(room.Kubelet.Requests);
    }

    [Fact]
    public async Task Nobody_else_reads_them()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithoutMemory);
        room.Cluster.Allows = static _ => true;
        using TestAuthority strangers = new();
        using X509Certificate2 stranger = strangers.IssueClientSubject("CN=jane"), jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Equal((401, "Unauthorized\n"), await room.AskAsync(Path));
        Assert.Equal(401, (await room.AskAsync(Path, stranger)).Code);
        Assert.Equal(401, (await room.AskAsync(Path, token: "nobodys")).Code);
        Assert.Equal(405, (await room.AskAsync(Path, jane, method: "POST")).Code);
        room.Allow("jane", "get", "metrics");
        Assert.Equal(403, (await room.AskAsync(Path, jane, method: "POST")).Code); // which would be to create
        Assert.Equal(403, (await room.AskAsync(Path, jane, method: "HEAD")).Code); // for which no rule but one for every verb stands
        room.Cluster.Allows = static _ => null;
        Assert.Equal(500, (await room.AskAsync(Path, jane)).Code);
        room.Cluster.KnowsNobody = true;
        Assert.Equal(500, (await room.AskAsync(Path, token: "joes-token")).Code);
        Assert.Empty(room.Kubelet.Requests);
    }

    [Theory]
    [InlineData("/fairlead")]
    [InlineData("/fairlead/")]
    [InlineData("/fairlead/metrics/")]
    [InlineData("/fairlead/metrics/cadvisor")]
    [InlineData("/fairlead/healthz")]
    public async Task Nothing_else_of_that_name_is_there_nor_passed_on(string path)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Equal(404, (await room.AskAsync(path, jane)).Code);
        Assert.Empty(room.Kubelet.Requests);
    }

    [Fact]
    public async Task Nor_are_they_by_another_spelling()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        foreach (string path in (string[])["/fairlead/%6detrics", "/fairlead/x/../metrics", "//fairlead/metrics", "/fairlead%2Fmetrics", "/Fairlead/metrics"])
        {
            string answer = await room.RawAsync($"GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n", jane);
            Assert.Matches("^HTTP/1.1 (400|404) ", answer);
        }

        Assert.DoesNotContain(room.Kubelet.Requests, static seen => seen.Target.StartsWith("/fairlead", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_kubelets_own_metrics_stay_the_kubelets()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Cluster.Allows = static _ => true;
        room.Kubelet.Paths["metrics"] = static context => context.Response.WriteAsync("numbers");
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Equal((200, "numbers"), await room.AskAsync("/metrics", jane));
    }

    [Fact]
    public async Task Each_session_that_is_asked_for_is_counted_once()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithoutMemory);
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Equal(401, (await room.AskAsync(FrontRoom.Exec)).Code);
        Assert.Equal(403, (await room.AskAsync(FrontRoom.Exec, jane)).Code);
        Assert.Equal(400, (await room.AskAsync("/exec//p/c", jane)).Code);
        room.Allow("jane", "create", "proxy");
        Assert.Equal(404, (await room.AskAsync(FrontRoom.Exec, jane)).Code);
        Assert.Equal(404, (await room.AskAsync("/portForward/ns/p", jane)).Code);
        room.Cluster.Allows = static _ => null;
        Assert.Equal(500, (await room.AskAsync("/attach/ns/p/c?output=1", jane)).Code);
        room.Cluster.Allows = static _ => true;
        string[] counted = (await room.AskAsync(Path, jane)).Body.Split('\n');
        Assert.Equal(
            ["""fairlead_node_sessions_ended_total{end="Refused"} 6"""],
            counted.Where(static line => line.StartsWith("fairlead_node_sessions_ended_total{", StringComparison.Ordinal)));
        Assert.Equal(
            ["400 1", "401 1", "403 1", "404 2", "500 1"],
            counted.Where(static line => line.StartsWith("fairlead_node_sessions_refused_total{", StringComparison.Ordinal))
                .Select(static line => line["fairlead_node_sessions_refused_total{code=\"".Length..].Replace("\"}", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task How_long_the_cluster_could_not_be_asked_is_in_them()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithoutMemory);
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane"), root = room.Callers.IssueClientSubject("CN=root");
        room.Cluster.Allows = static _ => null;
        Assert.Equal(500, (await room.AskAsync(Path, jane)).Code);
        room.Clock.Advance(TimeSpan.FromSeconds(30));
        room.Cluster.Allows = static _ => true;
        Assert.Contains("""fairlead_node_reviewer_away_seconds{credentials="node"} 0""", (await room.AskAsync(Path, jane)).Body, StringComparison.Ordinal);
        room.Cluster.Allows = static _ => null;
        // who reads them without a question changes nothing
        await using NodeServer second = await NodeServer.StartAsync(WithoutMemory(room.Options()) with { Allowed = new() { Users = ["root"] } }, Ct);
        Assert.Equal(500, (await room.AskAsync("/pods", jane, at: second)).Code);
        room.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Contains("""fairlead_node_reviewer_away_seconds{credentials="node"} 30""", (await room.AskAsync(Path, root, at: second)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bare_node_has_them_too()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(static options => options with { Kubelet = null });
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        Assert.Equal(401, (await room.AskAsync(Path)).Code);
        room.Cluster.Allows = static spec => (string?)spec["resourceAttributes"]!["subresource"] != "metrics";
        Assert.Equal(403, (await room.AskAsync(Path, jane)).Code);
        Assert.Equal(404, (await room.AskAsync(FrontRoom.Exec, jane)).Code);
        room.Cluster.Allows = static spec => spec["resourceAttributes"] is { } wanted
            && ((string?)wanted["verb"], (string?)wanted["resource"], (string?)wanted["subresource"]) == ("get", "nodes", "metrics");
        (int code, string body) = await room.AskAsync(Path, jane);
        Assert.Equal(200, code);
        Assert.Contains("fairlead_node_sessions_refused_total{code=\"404\"} 1\n", body, StringComparison.Ordinal);
    }

    static NodeOptions WithoutMemory(NodeOptions options) => options with { Kubelet = options.Kubelet! with { AllowedLifetime = default, DeniedLifetime = default, TokenLifetime = default } };
}
