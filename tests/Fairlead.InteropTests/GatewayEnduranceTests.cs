using System.Text.Json.Nodes;

namespace Fairlead.InteropTests;

/// <summary>The gateway over time and in trouble: silence, servers that vanish under many sessions, commands as long as a URL may be.</summary>
public sealed class GatewayEnduranceTests(SilentGateway silent)
{
    const int Sessions = 50;

    /// <summary>Translated both ways, and the same version on both sides.</summary>
    public static TheoryData<Transport, string> Forms => new() { { Transport.WebSocket, "spdy/v4" }, { Transport.Spdy, "websocket/v5" }, { Transport.WebSocket, "websocket/v5" } };

    static readonly PodReference s_pod = new("demo", "default", "shell");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task A_watch_and_a_log_that_are_silent_for_150_seconds_stay_open()
    {
        Assert.SkipWhen(silent.MissingBecause is not null, silent.MissingBecause ?? "");
        await silent.Log.WaitForExitAsync(Ct);
        Assert.Equal("first\nsecond\n", silent.Log.Stdout!.Text);
        string changed = await silent.Watch.Stdout!.LineAsync("silent   0/1", Ct);
        Assert.Contains("Error", changed, StringComparison.Ordinal);
        Assert.Contains("Running", silent.Watch.Stdout.Text, StringComparison.Ordinal); // seen from the beginning, not after a second try
        Assert.False(silent.Watch.HasExited);
        Assert.Equal("", silent.Watch.Stderr.Text);
    }

    [Theory(Timeout = 180_000), MemberData(nameof(Forms))]
    public async Task A_server_killed_under_fifty_sessions_fails_each_and_leaves_nothing(Transport transport, string accepted)
    {
        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", accepted], Ct);
        await using FaultProxy proxy = lab.Behind();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.KubeconfigThrough(proxy), cancellationToken: Ct);
        for (int i = 0; i < 2; i++) await LoseAsync(gateway, transport, () => proxy.Cut(CutKind.Reset)); // a heap that has found its size
        ProcessFootprint before = ProcessFootprint.Of(gateway.Id);
        LeakCheck check = LeakCheck.Begin(gateway.Id);
        await LoseAsync(gateway, transport, () => proxy.Cut(CutKind.Reset));
        await check.ExpectNothingLeftAsync(spareDescriptors: 4, cancellationToken: Ct);
        await LoseAsync(gateway, transport, lab.Kill);

        await check.ExpectNothingLeftAsync(spareDescriptors: 4, cancellationToken: Ct);
        long grown = ProcessFootprint.Of(gateway.Id).PrivateMemory - before.PrivateMemory;
        Assert.True(grown < 24 << 20, $"{grown} bytes more after a hundred lost sessions"); // what the collector has not looked at yet
    }

    [Theory(Timeout = 180_000), MemberData(nameof(Forms))]
    public async Task A_server_whose_packets_are_dropped_fails_each_within_the_deadline(Transport transport, string accepted)
    {
        Assert.SkipWhen(NetworkRoom.MissingBecause is not null, NetworkRoom.MissingBecause ?? "");
        await using NetworkRoom room = await NetworkRoom.CreateAsync(Ct);
        await using LabProcess lab = await LabProcess.StartAsync(room.Inside(Repository.Command), $"{room.Far}:0", ["--allow-remote", "--protocols", accepted], Ct);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.Kubeconfig, ["--ping-interval", "1s", "--ping-timeout", "4s"], Ct);
        await LoseAsync(gateway, transport, room.Drop);
        await room.RestoreAsync(Ct);
        LeakCheck check = LeakCheck.Begin(gateway.Id);
        await LoseAsync(gateway, transport, room.Drop);

        await check.ExpectNothingLeftAsync(spareDescriptors: 4, cancellationToken: Ct);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(CommandLineClient.Fairlead)]
    [InlineData(CommandLineClient.FairleadSpdy)]
    [InlineData(Peer.KubectlSpdy)]
    [InlineData(Peer.KubectlNewest)]
    public async Task A_command_of_a_hundred_kilobytes_passes(string name)
    {
        CommandLineClient client = Clients.Require(name);
        await using LabProcess lab = await LabProcess.StartAsync([], Ct);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.Kubeconfig, cancellationToken: Ct);
        string argument = new('x', 100_000);
        RunResult run = await RunningProcess.RunAsync(
            client.Program, client.Exec(gateway.Kubeconfig, [], "sh", "-c", "printf %s \"$1\" | wc -c", "sh", argument), options: new RunOptions { Environment = client.Environment(gateway.Kubeconfig) }, cancellationToken: Ct);

        Assert.True(run.ExitCode == 0, run.Stderr);
        Assert.Equal("100000", run.Stdout.Trim());
    }

    [Theory(Timeout = 60_000)]
    [InlineData("websocket/v5")]
    [InlineData("spdy/v4")]
    public async Task The_JavaScript_client_reaches_what_it_does_not_speak(string accepted)
    {
        Peer peer = Peer.Find(Peer.ClientNode);
        Assert.SkipWhen(peer.MissingBecause is not null, peer.MissingBecause ?? "");
        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", accepted], Ct);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(lab.Kubeconfig, cancellationToken: Ct);
        JsonNode result = await ClientNodeTests.ExecAsync(peer, gateway.Kubeconfig, "abc", ["sh", "-c", "wc -c; exit 7"], Ct);

        Assert.Equal("v5.channel.k8s.io", (string?)result["protocol"]);
        Assert.Equal("3", ((string?)result["stdout"])?.Trim());
        Assert.Equal("7", (string?)result["status"]?["details"]?["causes"]?[0]?["message"]);
    }

    /// <summary>Opens many sessions, takes the server away, and expects a failure of each.</summary>
    static async Task LoseAsync(GatewayProcess gateway, Transport transport, Action lose)
    {
        using StreamingClient client = StreamingClient.FromKubeconfig(gateway.Kubeconfig);
        List<RemoteProcess> running = [];
        try
        {
            for (int i = 0; i < Sessions; i++)
            {
                RemoteProcess process = await client.ExecAsync(s_pod, ["sh", "-c", "echo begun; exec sleep 300"], new ExecOptions { Transport = transport }, Ct);
                running.Add(process);
                using StreamReader output = new(process.StandardOutput.AsStream(leaveOpen: true), leaveOpen: true);
                Assert.Equal("begun", await output.ReadLineAsync(Ct));
            }

            lose();
            string[] reasons = await Task.WhenAll(running.Select(async process => (await Assert.ThrowsAsync<RemoteCommandException>(async () => await process.WaitForExitAsync(Ct))).Status.Reason ?? ""));
            Assert.All(reasons, reason => Assert.Equal("SessionLost", reason));
        }
        finally
        {
            foreach (RemoteProcess process in running) await process.DisposeAsync();
        }
    }
}
