namespace Fairlead.InteropTests;

/// <summary>Real clients through the gateway, to a server that speaks what they do not.</summary>
public sealed class GatewayTests
{
    /// <summary>Each client, and what alone the lab behind accepts.</summary>
    public static TheoryData<string, string> Pairings => new()
    {
        { Peer.KubectlSpdy, "websocket/v5" },
        { CommandLineClient.KubectlNewestSpdy, "websocket/v5" },
        { CommandLineClient.FairleadSpdy, "websocket/v5" },
        { Peer.KubectlNewest, "spdy/v4" },
        { Peer.KubectlStable, "spdy/v4" },
        { CommandLineClient.Fairlead, "spdy/v4" },
        { Peer.KubectlNewest, "websocket/v5" },
        { Peer.KubectlSpdy, "spdy/v4" },
    };

    [Theory(Timeout = 120_000), MemberData(nameof(Pairings))]
    public async Task A_client_does_what_it_does_without_a_gateway(string name, string accepted)
    {
        CommandLineClient client = Clients.Require(name);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", accepted], cancellationToken);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.Kubeconfig, cancellationToken: cancellationToken);

        RunResult input = await RunAsync(["-i"], "abc"u8.ToArray(), "wc", "-c");
        Assert.True(input.ExitCode == 0, input.ToString());
        Assert.Equal("3", input.Stdout.Trim());
        Assert.Null(client.WhyNotAsMeant(input.Stderr));

        RunResult outputs = await RunAsync([], null, "sh", "-c", "echo to-out; echo to-err >&2; exit 7");
        Assert.True(outputs.ExitCode == 7, outputs.ToString());
        Assert.Equal("to-out\n", outputs.Stdout);
        Assert.Contains("to-err\n", outputs.Stderr, StringComparison.Ordinal);

        byte[] large = new byte[4 << 20];
        Random.Shared.NextBytes(large);
        RunResult hash = await RunAsync(["-i"], large, "sha256sum");
        Assert.StartsWith(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(large)), hash.Stdout, StringComparison.Ordinal);
        if (PseudoTerminal.IsHere)
        {
            RunResult terminal = await PseudoTerminal.RunAsync(
                rows: 33, columns: 101, client.Program, client.Exec(gateway.Kubeconfig, ["-it"], "sh", "-c", "stty size; exit 5"), client.Environment(gateway.Kubeconfig), cancellationToken);
            Assert.Contains("33 101", terminal.Stdout, StringComparison.Ordinal);
            Assert.True(terminal.ExitCode == 5, terminal.ToString());
        }

        Assert.Contains(accepted.StartsWith("spdy", StringComparison.Ordinal) ? "\"server\":\"SPDY/3.1 v4.channel.k8s.io\"" : "\"server\":\"WebSocket v5.channel.k8s.io\"", gateway.Log, StringComparison.Ordinal);
        Assert.True(await gateway.TerminateAsync(cancellationToken) == 0, gateway.Log);

        Task<RunResult> RunAsync(IEnumerable<string> flags, ReadOnlyMemory<byte>? standardInput, params string[] command) => RunningProcess.RunAsync(
            client.Program, client.Exec(gateway.Kubeconfig, flags, command), standardInput, new RunOptions { Environment = client.Environment(gateway.Kubeconfig) }, cancellationToken);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(Peer.KubectlSpdy, "websocket/v5")]
    [InlineData(Peer.KubectlNewest, "spdy/v4")]
    [InlineData(CommandLineClient.Fairlead, "websocket/v5")]
    [InlineData(CommandLineClient.Fairlead, "spdy/v4")]
    public async Task A_server_killed_in_the_middle_is_a_failure_to_the_client(string name, string accepted)
    {
        CommandLineClient client = Clients.Require(name);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", accepted], cancellationToken);
        await using FaultProxy proxy = lab.Behind();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.KubeconfigThrough(proxy), cancellationToken: cancellationToken);
        await using RunningProcess run = RunningProcess.Start(
            client.Program, client.Exec(gateway.Kubeconfig, [], "sh", "-c", "echo begun; exec sleep 300"), new RunOptions { Environment = client.Environment(gateway.Kubeconfig) });
        await run.Stdout!.LineAsync("begun", cancellationToken);
        proxy.Cut(CutKind.Reset);

        int code = await run.WaitForExitAsync(cancellationToken);

        Assert.True(code != 0, run.Stderr.Text);
        Assert.Contains("lost beyond this server", run.Stderr.Text, StringComparison.Ordinal);
    }
}
