using Fairlead.Containerd;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>What kubectl sees of a bare containerd.</summary>
public sealed class NodeApiTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    [Theory(Timeout = 60_000)]
    [InlineData(Peer.KubectlSpdy)]
    [InlineData(Peer.KubectlStable)]
    [InlineData(Peer.KubectlNewest)]
    public async Task Pods_states_and_logs_are_shown(string name)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        string kubeconfig = fixture.Kubeconfig(StreamThrough.Native);
        CommandLineClient client = Clients.Require(name);
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(
            new() { Name = "ends-" + name, Command = ["sh", "-c", "echo first; echo second; printf third; exit 3"] }, cancellationToken);
        await Eventually.HoldsAsync(() => fixture.Containerd.Runtime.ContainerStatus(new() { ContainerId = pod.ContainerId }, cancellationToken: cancellationToken).Status.FinishedAt > 0, "it has ended", cancellationToken: cancellationToken);

        string table = await Kubectl("get", "pods");
        Assert.Matches(@"demo\s+1/1\s+Running\s+0", table);
        Assert.Matches($@"{pod.Name}\s+0/1\s+Error\s+0", table);
        Assert.Equal("3", await Kubectl("get", "pod", pod.Name, "-o", "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"));
        Assert.Equal("first\nsecond\nthird", (await Kubectl("logs", pod.Name)).TrimEnd('\n'));
        Assert.Equal("second\nthird", (await Kubectl("logs", pod.Name, "--tail=2", "-f")).TrimEnd('\n'));

        async Task<string> Kubectl(params string[] arguments)
        {
            RunResult run = await RunningProcess.RunAsync(
                client.Program, ["--kubeconfig", kubeconfig, "--cache-dir", Path.Combine(fixture.Containerd.Folder.Root, "cache"), .. arguments],
                options: new() { Environment = client.Environment(kubeconfig) }, cancellationToken: cancellationToken);
            Assert.True(run.ExitCode == 0, run.ToString());
            return run.Stdout;
        }
    }
}
