using System.Net;
using Fairlead.Containerd;
using Fairlead.Node.Checks;
using Fairlead.Node.Host;
using Fairlead.Node.Tests.Kubelet;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Node.Tests.Checks;

/// <summary>What <c>fairlead node check</c> finds, at the kit's kubelet, runtime and cluster.</summary>
public sealed class NodeCheckTests
{
    /// <summary>What the cluster answers, by path; others are 404.</summary>
    readonly Dictionary<string, string> _answers = new()
    {
        ["/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"] = """{"status":{"allowed":true}}""",
        ["/version"] = """{"major":"1","minor":"36","gitVersion":"v1.36.2"}""",
        ["/api/v1/nodes/node-1"] = """{"status":{"declaredFeatures":["ExtendWebSocketsToKubelet"]}}""",
    };

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_is_in_place_is_fine()
    {
        IReadOnlyDictionary<string, CheckLine> found = await CheckAsync(change: static options => options with { Clock = new MovedClock(TimeSpan.FromDays(-30)) });
        foreach (string name in (string[])["configuration", "kubelet's address", "certificate", "client authorities", "front's credential",
            "runtime", "TokenReview", "SubjectAccessReview", "API server"]) Assert.Equal((name, CheckOutcome.Fine), (name, found[name].Outcome));
        Assert.Contains("WebSocket", found["API server"].Text);
    }

    [Fact]
    public async Task A_CRI_proxy_behind_is_a_fault_and_where_there_is_none_nothing_is_said()
    {
        Assert.Equal(CheckOutcome.Fault, (await CheckAsync(config: "containerRuntimeEndpoint: unix:///run/fairlead/cri.sock"))["CRI proxy"].Outcome);
        Assert.DoesNotContain("CRI proxy", (await CheckAsync()).Keys);
    }

    [Fact]
    public async Task A_credential_that_ends_within_a_month_is_a_notice_with_its_end()
    {
        CheckLine line = (await CheckAsync(change: static options => options with { Clock = new MovedClock(TimeSpan.FromDays(-29)) }))["front's credential"];
        Assert.Equal(CheckOutcome.Notice, line.Outcome);
        Assert.Matches("; it ends on [0-9-]{10}: renew it$", line.Text);
    }

    [Fact]
    public async Task An_address_that_the_kubelet_still_holds_is_a_notice()
    {
        CheckLine line = (await CheckAsync(config: "address: 0.0.0.0")).GetValueOrDefault("kubelet's address")!;
        Assert.Equal(CheckOutcome.Notice, line.Outcome);
        Assert.Contains("0.0.0.0", line.Text);
    }

    [Theory]
    [InlineData("1", "35", "SPDY")]
    [InlineData("1", "36+", "does not declare")]
    public async Task What_an_API_server_sends_is_told(string major, string minor, string expected)
    {
        _answers["/version"] = $$"""{"major":"{{major}}","minor":"{{minor}}","gitVersion":"v{{major}}.{{minor}}.0"}""";
        _answers["/api/v1/nodes/node-1"] = """{"status":{}}""";
        Assert.Contains(expected, (await CheckAsync())["API server"].Text);
    }

    [Fact]
    public async Task A_cluster_that_does_not_take_the_questions_is_a_fault_with_what_to_do()
    {
        _answers["/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"] = """{"status":{"allowed":false}}""";
        _answers.Remove("/version");
        IReadOnlyDictionary<string, CheckLine> found = await CheckAsync();
        Assert.Equal(CheckOutcome.Fault, found["TokenReview"].Outcome);
        Assert.Contains("system:auth-delegator", found["SubjectAccessReview"].Text);
        Assert.Equal("the cluster cannot be asked: /version was answered with 404", found["API server"].Text);
    }

    [Fact]
    public async Task A_credential_that_the_kubelet_refuses_and_one_that_is_not_there_are_told_apart()
    {
        CheckLine refused = (await CheckAsync(allowed: false))["front's credential"];
        Assert.Equal(CheckOutcome.Fault, refused.Outcome);
        Assert.Contains("system:kubelet-api-admin", refused.Text);
        CheckLine none = (await CheckAsync(allowed: false, change: static options => options with { ClientCertificateFile = null, ClientKeyFile = null }))["front's credential"];
        Assert.Equal(CheckOutcome.Fault, none.Outcome);
        Assert.Contains("--kubelet-client-cert", none.Text);
    }

    [Fact]
    public async Task Who_is_not_the_kubelet_of_that_certificate_is_not_shown_the_credential()
    {
        CheckLine line = (await CheckAsync(config: "tlsCertFile: CALLERS\ntlsPrivateKeyFile: CALLERS"))["front's credential"];
        Assert.Equal(CheckOutcome.Fault, line.Outcome);
        Assert.Contains("cannot be asked", line.Text);
    }

    [Fact]
    public async Task A_runtime_that_is_away_and_a_certificate_that_has_ended_are_faults()
    {
        IReadOnlyDictionary<string, CheckLine> found = await CheckAsync(config: "containerRuntimeEndpoint: unix:///nowhere/c.sock",
            change: static options => options with { Clock = new MovedClock(TimeSpan.FromDays(18000)) });
        Assert.Equal(CheckOutcome.Fault, found["runtime"].Outcome);
        Assert.Contains("/nowhere/c.sock", found["runtime"].Text);
        Assert.Contains("has ended on", found["certificate"].Text);
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_read_ends_what_needs_it()
    {
        IReadOnlyDictionary<string, CheckLine> found = await CheckAsync(config: "port: many");
        Assert.Equal(CheckOutcome.Fault, found["configuration"].Outcome);
        Assert.DoesNotContain("runtime", found.Keys);
        Assert.Contains("TokenReview", found.Keys);
    }

    async Task<IReadOnlyDictionary<string, CheckLine>> CheckAsync(
        string config = "", bool allowed = true, Func<NodeCheckOptions, NodeCheckOptions>? change = null)
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        room.Kubelet.Allows = (_, _) => allowed;
        string[] own = config.Replace("CALLERS", room.File("callers.crt"), StringComparison.Ordinal).Split('\n');
        string[] usual =
        [
            "kind: KubeletConfiguration", "address: 127.0.0.1", $"port: {room.Kubelet.Port}", $"tlsCertFile: {room.File("kubelet.crt")}",
            $"tlsPrivateKeyFile: {room.File("kubelet.crt")}", $"authentication: {{x509: {{clientCAFile: {room.File("callers.crt")}}}}}",
            $"containerRuntimeEndpoint: unix://{room.File("cri.sock")}",
        ];
        await File.WriteAllLinesAsync(room.File("kubelet.yaml"), usual.Where(line => !own.Any(other => other.Split(':')[0] == line.Split(':')[0])).Concat(own), Token);

        await using WebApplication cluster = await StartClusterAsync();
        using KubernetesEndpoint endpoint = new(new Uri(cluster.Urls.Single()), new SocketsHttpHandler { UseProxy = false });
        NodeCheckOptions options = new()
        {
            Config = room.File("kubelet.yaml"),
            Flags = KubeletFlags.None,
            Runtime = new CriRuntimeOptions { StreamThrough = StreamThrough.Cri },
            ClientCertificateFile = room.File("front.crt"),
            ClientKeyFile = room.File("front.crt"),
            Cluster = endpoint,
            NodeName = FrontRoom.Node,
            Addresses = [IPAddress.Parse("127.0.0.3")],
        };
        Dictionary<string, CheckLine> found = [];
        await foreach (CheckLine line in new NodeCheck(change?.Invoke(options) ?? options).RunAsync(Token)) found[line.Name] = line;
        return found;
    }

    async Task<WebApplication> StartClusterAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication cluster = builder.Build();
        cluster.Run(context =>
        {
            bool known = _answers.TryGetValue(context.Request.Path, out string? answer);
            context.Response.StatusCode = known ? 200 : 404;
            return context.Response.WriteAsync(answer ?? "");
        });
        await cluster.StartAsync(Token);
        return cluster;
    }

    sealed class MovedClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + by;
    }
}
