using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Fairlead.InteropTests;

/// <summary>What the gateway tells a collector by OTLP.</summary>
public sealed class GatewayTelemetryTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_collector_gets_metrics_and_traces_and_no_secrets()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        ConcurrentDictionary<string, string> received = [];
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using WebApplication collector = builder.Build();
        collector.Run(async context =>
        {
            using StreamReader body = new(context.Request.Body, Encoding.Latin1); // protobuf: its texts are readable as they are
            string text = await body.ReadToEndAsync();
            received.AddOrUpdate(context.Request.Path, text, (_, before) => before + text);
            context.Response.ContentType = "application/x-protobuf";
        });
        await collector.StartAsync(cancellationToken);

        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", "spdy/v4"], cancellationToken);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            lab.Kubeconfig, [], new RunOptions
            {
                Environment = new Dictionary<string, string?>
                {
                    ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Urls.Single(),
                    ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                },
            }, ["--verbose"], cancellationToken);
        CommandLineClient client = Clients.Require(CommandLineClient.Fairlead);
        string arguments = await File.ReadAllTextAsync($"/proc/{gateway.Id}/cmdline", cancellationToken);
        RunResult run = await RunningProcess.RunAsync(
            client.Program, client.Exec(gateway.Kubeconfig, [], "sh", "-c", "exit 7", "PLANTED-argument"), options: new RunOptions { Environment = client.Environment(gateway.Kubeconfig) }, cancellationToken: cancellationToken);
        Assert.True(run.ExitCode == 7, run.ToString());
        Assert.True(await gateway.TerminateAsync(cancellationToken) == 0, gateway.Log); // what is not yet sent is sent now

        Assert.Equal(["/v1/metrics", "/v1/traces"], received.Keys.Order());
        string metrics = received["/v1/metrics"], traces = received["/v1/traces"];
        foreach (string expected in (string[])["fairlead-gateway", "fairlead.gateway.session.duration", "fairlead.gateway.session.bytes", "fairlead.gateway.session.fallbacks", "translated", "WebSocket v5.channel.k8s.io", "SPDY/3.1 v4.channel.k8s.io"])
            Assert.Contains(expected, metrics, StringComparison.Ordinal);
        foreach (string expected in (string[])["http.route", "fairlead.kind", "exec", "k8s.pod.name", "demo", "fairlead.end", "Completed"])
            Assert.Contains(expected, traces, StringComparison.Ordinal);
        string kubeconfig = await File.ReadAllTextAsync(lab.Kubeconfig, cancellationToken);
        const string mark = "user: {token: ";
        string token = kubeconfig[(kubeconfig.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..].Split('}')[0].Trim('"', '\'');
        Assert.True(token.Length > 16 && !token.Contains('\n', StringComparison.Ordinal), "the lab's token was found");
        Assert.All([metrics, traces, gateway.Log, arguments], text =>
        {
            Assert.DoesNotContain("PLANTED", text, StringComparison.Ordinal);
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
        });
    }
}
