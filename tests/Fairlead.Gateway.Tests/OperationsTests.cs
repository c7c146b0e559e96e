using System.Diagnostics;
using System.Net;

namespace Fairlead.Gateway.Tests;

/// <summary>Health, metrics, and that nothing which is told holds a secret.</summary>
public sealed class OperationsTests
{
    [Fact]
    public async Task Health_is_told_on_both_addresses_and_metrics_on_one()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync(static (options, _) => options with { Operations = new IPEndPoint(IPAddress.Loopback, 0) });
        using HttpClient main = pair.Client(), operations = new() { BaseAddress = pair.Gateway.OperationsUrl };
        foreach (HttpClient client in (HttpClient[])[main, operations])
        {
            Assert.Equal("ok", await client.GetStringAsync("/healthz", Ct));
            Assert.Equal("ok", await client.GetStringAsync("/readyz", Ct));
        }

        await (await pair.UpgradeAsync()).DisposeAsync();
        Assert.Contains("# TYPE fairlead_gateway_sessions_refused_total counter\nfairlead_gateway_sessions_refused_total{code=\"502\"} 1\n", await operations.GetStringAsync("/metrics", Ct), StringComparison.Ordinal);
        using HttpResponseMessage elsewhere = await operations.GetAsync("/version", Ct);
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
        (await pair.SendAsync("/metrics")).EnsureSuccessStatusCode();
        Assert.Contains(pair.Upstream.Requests, static seen => seen.Target == "/metrics"); // the server's own

        await pair.Gateway.DrainAsync(TimeSpan.FromSeconds(1), Ct);
        using HttpResponseMessage ready = await main.GetAsync("/readyz", Ct), healthy = await main.GetAsync("/healthz", Ct);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (ready.StatusCode, healthy.StatusCode));
    }

    [Fact]
    [Trait("Case", "C3")]
    public void Commands_that_differ_are_told_differently() =>
        Assert.Equal(
            ["sh -c 'rm -r /'", "sh -c rm -r /", @"echo 'it'\''s' ''"],
            ((string[][])[["sh", "-c", "rm -r /"], ["sh", "-c", "rm", "-r", "/"], ["echo", "it's", ""]]).Select(static command => AuditRecord.Show(command, AuditCommand.Full)));

    [Theory]
    [InlineData(AuditCommand.Name, "sh")]
    [InlineData(AuditCommand.Full, "sh -c PLANTED-argument")]
    [InlineData(AuditCommand.Hash, "computed")]
    [InlineData(AuditCommand.None, null)]
    public void The_audit_shows_as_much_of_a_command_as_was_asked(AuditCommand form, string? shown)
    {
        string[] command = ["sh", "-c", "PLANTED-argument"];
        if (form == AuditCommand.Hash) shown = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("sh\0-c\0PLANTED-argument"u8));
        Assert.Equal(shown, AuditRecord.Show(command, form));
        AuditRecord record = new() { Time = DateTimeOffset.UnixEpoch, Who = "w\"x", Kind = "exec", Namespace = "n", Pod = "p", End = "Completed", Command = AuditRecord.Show(command, form) };
        Assert.Equal(shown, (string?)System.Text.Json.Nodes.JsonNode.Parse(record.ToJson())!["command"]);
        Assert.DoesNotContain('\n', record.ToJson());
    }

    [Fact]
    public async Task What_is_secret_is_told_nowhere()
    {
        List<Activity> traces = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = static source => source.Name == "Fairlead.Gateway", // to those of ASP.NET Core and HTTP too, and other tests would have them
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (traces) traces.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using GatewayPair pair = await GatewayPair.StartAsync(static (options, _) => options with { Operations = new IPEndPoint(IPAddress.Loopback, 0) });
        string browser = "base64url.bearer.authorization.k8s.io." + Convert.ToBase64String("PLANTED-browser"u8).TrimEnd('=');
        string target = "/api/v1/namespaces/ns/pods/p/exec?command=sh&command=PLANTED-argument&stdout=true";
        string[] headers = ["Authorization: Bearer PLANTED-token", "X-Custom: PLANTED-header", "Cookie: PLANTED-cookie"];

        await (await pair.UpgradeAsync(target, headers)).DisposeAsync();
        await (await pair.UpgradeAsync(target, [], browser + ", v5.channel.k8s.io")).DisposeAsync();
        (await pair.SendAsync("/version?PLANTED-query=1", headers)).EnsureSuccessStatusCode();
        pair.Upstream.Other = static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        (await pair.SendAsync("/version?PLANTED-query=1", headers)).Dispose();
        await (await pair.UpgradeAsync(target, headers)).DisposeAsync();
        pair.Upstream.Review = static context => RecordingUpstream.JsonAsync(context, 201, "{}");
        await (await pair.UpgradeAsync(target + "&x=PLANTED-more", [.. headers, "X-More: 1"])).DisposeAsync();

        using HttpClient operations = new() { BaseAddress = pair.Gateway.OperationsUrl };
        string metrics = await operations.GetStringAsync("/metrics", Ct);
        string[] told =
        [
            metrics,
            .. pair.Logged.Entries.Select(static entry => $"{entry.Text} {entry.Failure}"),
            .. pair.Audit.Select(static record => record.ToJson()),
            .. Ended(traces).SelectMany(static activity => activity.TagObjects.Select(static tag => $"{tag.Key}={tag.Value}").Append(activity.DisplayName)),
        ];
        Assert.NotEmpty(pair.Logged.Entries);
        Assert.NotEmpty(pair.Audit);
        Assert.NotEmpty(Ended(traces));
        Assert.Contains("fairlead_gateway", metrics, StringComparison.Ordinal);
        Assert.All(told, static text => Assert.DoesNotContain("PLANTED", text, StringComparison.Ordinal));
        Assert.All(told, text => Assert.DoesNotContain(browser[^10..], text, StringComparison.Ordinal));

        static Activity[] Ended(List<Activity> all)
        {
            lock (all) return [.. all];
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
