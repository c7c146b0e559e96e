namespace Fairlead.InteropTests.Traces;

/// <summary>What a collector gets of the processes that a session goes through: one trace.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    const string Exec = "GET /api/v1/namespaces/{namespace}/pods/{pod}/exec";

    readonly TraceCollector _collector = new();
    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.Fairlead);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task An_exec_through_a_gateway_is_one_trace_of_three_processes_and_holds_no_secret()
    {
        await using LabProcess lab = await StartLabAsync(_collector.Environment);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.Kubeconfig, [], new RunOptions { Environment = _collector.Environment }, cancellationToken: Ct);
        RunResult run = await RunAsync(gateway.Kubeconfig, _collector.Environment, "exec", "demo", "-c", "shell", "--", "sh", "-c", "exit 7", "PLANTED-argument");
        Assert.True(run.ExitCode == 7, run.ToString());
        await _collector.HoldsAsync(static spans => spans.Count >= 4, "the command, its upgrade, the gateway and the lab have told their parts", Ct);

        CollectedSpan command = One("fairlead", "exec"), upgrade = One("fairlead", "upgrade"), relayed = One("fairlead-gateway", Exec), served = One("fairlead-lab", Exec);
        Assert.Equal("", command.Parent);
        Assert.Equal((command.Id, upgrade.Id, relayed.Id), (upgrade.Parent, relayed.Parent, served.Parent));
        Assert.Single(_collector.Spans.Select(static span => span.Trace).Distinct());
        Assert.Equal((3, 1, 2, 2), (command.Kind, upgrade.Kind, relayed.Kind, served.Kind));
        Assert.All([command, relayed, served], static span => Assert.Equal(("default", "demo", "shell", "7"),
            (span.Tags["k8s.namespace.name"], span.Tags["k8s.pod.name"], span.Tags["k8s.container.name"], span.Tags["process.exit.code"])));
        Assert.All([relayed, served], static span => Assert.Equal(("GET", "/api/v1/namespaces/default/pods/demo/exec", "101", "exec", "Completed"),
            (span.Tags["http.request.method"], span.Tags["url.path"], span.Tags["http.response.status_code"], span.Tags["fairlead.kind"], span.Tags["fairlead.end"])));
        Assert.StartsWith("WebSocket ", served.Tags["fairlead.client"], StringComparison.Ordinal);
        Assert.Equal(served.Tags["fairlead.client"], relayed.Tags["fairlead.server"]);

        string token = Proxies.ProxiedGateway.TokenOf(lab), told = string.Join(' ', _collector.Spans.Select(static span => $"{span.Name} {string.Join(' ', span.Tags)}"));
        Assert.DoesNotContain("PLANTED", told, StringComparison.Ordinal);
        Assert.DoesNotContain(token, told, StringComparison.Ordinal);
    }

    /// <summary>A copy is several sessions, and a gateway that tells nothing leaves no gap: it passes on what the command says of its trace.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_copy_through_a_gateway_without_a_collector_is_one_trace_too()
    {
        await using LabProcess lab = await StartLabAsync(_collector.Environment);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.Kubeconfig, cancellationToken: Ct);
        string from = Path.Combine(lab.Folder, "from");
        await File.WriteAllTextAsync(from, "content", Ct);
        RunResult run = await RunAsync(gateway.Kubeconfig, _collector.Environment, "cp", "-q", from, $"demo:{lab.Folder}/to", "-c", "shell");
        Assert.True(run.ExitCode == 0, run.ToString());
        await _collector.HoldsAsync(static spans => Of(spans, "fairlead", "upgrade") is > 0 and int asked && Of(spans, "fairlead-lab", Exec) == asked, "each session of the copy is told by the lab", Ct);

        CollectedSpan copy = One("fairlead", "copy");
        Assert.Equal(("", "1", "to_pod"), (copy.Parent, copy.Tags["fairlead.copy.files"], copy.Tags["fairlead.copy.direction"]));
        Assert.All(_collector.Spans, span => Assert.Equal(copy.Trace, span.Trace));
        string[] upgrades = [.. _collector.Spans.Where(static span => span.Name == "upgrade").Select(static span => span.Id)];
        Assert.All(_collector.Spans.Where(static span => span.Service == "fairlead-lab"), span => Assert.Contains(span.Parent, upgrades));
    }

    /// <summary>The variable of traces alone is enough, and a service may be called as somebody likes.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_forward_is_told_when_it_is_stopped_to_the_collector_that_is_named_for_traces()
    {
        await using LabProcess lab = await StartLabAsync(_collector.Environment);
        await using (RunningProcess forward = RunningProcess.Start(_fairlead.Program, _fairlead.PortForward(lab.Kubeconfig, ["demo", ":80"]), new RunOptions
        {
            Environment = new Dictionary<string, string?>(_fairlead.Environment(lab.Kubeconfig))
            {
                ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = _collector.Url + "v1/traces",
                ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf",
                ["OTEL_SERVICE_NAME"] = "somebody's",
            },
        }))
        {
            await forward.Stdout!.LineAsync("Forwarding from ", Ct);
            Assert.Equal(0, await forward.TerminateAsync(Ct));
        }

        await _collector.HoldsAsync(static spans => spans.Count >= 2, "the forward and the lab have told their parts", Ct);
        CollectedSpan stood = One("somebody's", "forward"), served = One("fairlead-lab", "GET /api/v1/namespaces/{namespace}/pods/{pod}/portforward");
        Assert.Equal((stood.Trace, stood.Id), (served.Trace, served.Parent));
        Assert.Equal(("demo", "exited"), (stood.Tags["k8s.pod.name"], stood.Tags["fairlead.outcome"]));
    }

    /// <summary>Whoever watches does not stand in the way.</summary>
    [Fact(Timeout = 120_000)]
    public async Task A_collector_that_never_answers_changes_neither_exit_code_nor_outputs()
    {
        using LoopbackListener silent = new();
        await using LabProcess lab = await LabProcess.StartAsync(cancellationToken: Ct);
        RunResult run = await RunAsync(lab.Kubeconfig, new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{silent.Port}",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_EXPORTER_OTLP_TIMEOUT"] = "600000",
        }, "exec", "demo", "--", "sh", "-c", "echo out; exit 5");
        Assert.True(run is { ExitCode: 5, Stdout: "out\n", Stderr: "command terminated with exit code 5\n" }, run.ToString());
        using System.Net.Sockets.Socket asked = await silent.AcceptAsync(Ct); // it was tried
    }

    static Task<LabProcess> StartLabAsync(IReadOnlyDictionary<string, string?> environment) =>
        LabProcess.StartAsync([Repository.Command], "127.0.0.1:0", [], new RunOptions { Environment = environment }, Ct);

    Task<RunResult> RunAsync(string kubeconfig, IReadOnlyDictionary<string, string?> environment, string verb, params string[] arguments) => RunningProcess.RunAsync(
        _fairlead.Program, [verb, "--kubeconfig", kubeconfig, .. arguments],
        options: new RunOptions { Environment = new Dictionary<string, string?>(environment.Concat(_fairlead.Environment(kubeconfig))) }, cancellationToken: Ct);

    static int Of(IEnumerable<CollectedSpan> spans, string service, string name) => spans.Count(span => span.Service == service && span.Name == name);

    CollectedSpan One(string service, string name) => Assert.Single(_collector.Spans, span => span.Service == service && span.Name == name);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _collector.DisposeAsync();
}
