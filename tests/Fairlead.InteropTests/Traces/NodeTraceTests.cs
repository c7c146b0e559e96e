using Fairlead.Containerd;

namespace Fairlead.InteropTests.Traces;

/// <summary>The same with a node behind the gateway: the trace goes from the command to the machine on which the container runs.</summary>
public sealed class NodeTraceTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task An_exec_in_a_container_of_containerd_is_one_trace_of_command_gateway_and_node()
    {
        fixture.Kubeconfig(StreamThrough.Native); // or there is no containerd
        await using TraceCollector collector = new();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fairlead-trace-");
        try
        {
            string kubeconfig = folder.FullName + "/node.kubeconfig";
            RunOptions told = new() { Environment = collector.Environment };
            await using RunningProcess node = RunningProcess.Start(
                Repository.Command, ["node", "--cri", "unix://" + fixture.Containerd.Socket, "--state-dir", folder.FullName + "/state", "--write-kubeconfig", kubeconfig], told);
            await node.Stdout!.LineAsync("ready ", Ct);
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(kubeconfig, [], told, cancellationToken: Ct);
            CommandLineClient client = CommandLineClient.Find(CommandLineClient.Fairlead);
            RunResult run = await RunningProcess.RunAsync(
                client.Program, ["exec", "--kubeconfig", gateway.Kubeconfig, "-n", fixture.Pod.Namespace, fixture.Pod.Name, "--", "/bin/sh", "-c", "exit 3"],
                options: new RunOptions { Environment = new Dictionary<string, string?>(collector.Environment.Concat(client.Environment(gateway.Kubeconfig))) }, cancellationToken: Ct);
            Assert.True(run.ExitCode == 3, $"{run}\n{gateway.Log}\n{node.Stderr.Text}");
            await collector.HoldsAsync(static spans => spans.Count >= 4, "the command, its upgrade, the gateway and the node have told their parts", Ct);

            CollectedSpan upgrade = Of("fairlead", "upgrade"), relayed = Of("fairlead-gateway", "GET /api/v1/namespaces/{namespace}/pods/{pod}/exec"),
                served = Of("fairlead-node", relayed.Name);
            Assert.Equal((upgrade.Trace, upgrade.Trace, upgrade.Id, relayed.Id), (relayed.Trace, served.Trace, relayed.Parent, served.Parent));
            Assert.Equal((fixture.Pod.Name, fixture.Pod.Namespace, "3"), (served.Tags["k8s.pod.name"], served.Tags["k8s.namespace.name"], served.Tags["process.exit.code"]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        CollectedSpan Of(string service, string name) => Assert.Single(collector.Spans, span => span.Service == service && span.Name == name);
    }
}
