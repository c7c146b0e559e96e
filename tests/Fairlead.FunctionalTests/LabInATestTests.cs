using Fairlead;
using Fairlead.Lab.Testing;
using Fairlead.Wire;

namespace LabUsers; // as a program's own tests: what is below Fairlead sees the namespace Fairlead.Lab first

/// <summary>The lab in somebody's test: three lines, and faults on request.</summary>
public sealed class LabInATestTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    const string Shop = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web-7, namespace: shop, labels: {app: web}}
        spec:
          containers:
          - {name: main, image: local/sh, command: [sleep, "100000"]}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec:
          selector: {matchLabels: {app: web}}
        """;

    [Fact, Trait("Case", "D12")]
    public async Task A_lab_and_its_client_in_three_lines()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        using StreamingClient client = lab.CreateClient();
        Assert.Equal("3\n", (await client.RunAsync(new("demo"), ["wc", "-c"], "abc", cancellationToken: Ct)).Output);
    }

    [Fact, Trait("Case", "D12")]
    public async Task A_deployments_pod_is_looked_up()
    {
        await using Lab lab = await Lab.StartAsync(Shop, Ct);
        using StreamingClient client = lab.CreateClient("shop");
        PodReference pod = await client.FindPodAsync(PodReference.Parse("deploy/web"), Ct);
        Assert.Equal(new PodReference("web-7", "shop", "main"), pod);
        Assert.Equal("found", (await client.RunAsync(PodReference.Parse("shop/deploy/web"), ["printf", "found"], cancellationToken: Ct)).Output);
    }

    [Fact, Trait("Case", "D12")]
    public async Task Connections_are_cut_and_later_ones_work()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        using StreamingClient client = lab.CreateClient();
        await using RemoteProcess run = await client.ExecAsync(new("demo"), ["sleep", "1000"], cancellationToken: Ct);
        Assert.InRange(lab.CutConnections(), 1, 10);
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(async () => await run.WaitForExitAsync(Ct));
        Assert.Equal(SessionLoss.ConnectionBroken, lost.Kind);
        Assert.True((await client.RunAsync(new("demo"), ["true"], cancellationToken: Ct)).Exit.Succeeded);
    }

    [Fact, Trait("Case", "D12")]
    public async Task A_delay_is_felt_in_both_directions_and_ends()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        using StreamingClient client = lab.CreateClient();
        TimeSpan latency = TimeSpan.FromMilliseconds(200);
        lab.Delay(latency);
        long began = TimeProvider.System.GetTimestamp();
        await client.RunAsync(new("demo"), ["true"], cancellationToken: Ct);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), latency * 4, TimeSpan.MaxValue); // TLS and the upgrade take two round trips at least
        lab.Delay(TimeSpan.Zero);
        Assert.True((await client.RunAsync(new("demo"), ["true"], cancellationToken: Ct)).Exit.Succeeded);
    }

    [Fact, Trait("Case", "D12")]
    public async Task It_speaks_what_it_is_told_to()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        Assert.Equal(RemoteCommandProtocol.V5, await ProtocolAsync());
        lab.SpeakOnly(Transport.Spdy);
        Assert.True((await ProtocolAsync()).IsSpdy);
        using (StreamingClient client = lab.CreateClient())
        {
            UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(
                () => client.ConnectAsync(new("demo"), 80, new PortForwardOptions { Transport = Transport.WebSocket }, Ct));
            Assert.IsAssignableFrom<RefusedException>(refused);
        }

        lab.SpeakOnly(RemoteCommandProtocol.V4);
        Assert.Equal(RemoteCommandProtocol.V4, await ProtocolAsync());
        lab.SpeakOnly(Transport.Auto);
        Assert.Equal(RemoteCommandProtocol.V5, await ProtocolAsync());

        async Task<RemoteCommandProtocol> ProtocolAsync()
        {
            using StreamingClient client = lab.CreateClient();
            await using RemoteProcess run = await client.ExecAsync(new("demo"), ["true"], cancellationToken: Ct);
            await run.WaitForExitAsync(Ct);
            return run.Protocol;
        }
    }

    [Fact, Trait("Case", "D12")]
    public async Task A_kubeconfig_leads_through_the_same_network()
    {
        await using Lab lab = await Lab.StartAsync(cancellationToken: Ct);
        string path = Path.GetTempFileName();
        try
        {
            await lab.WriteKubeconfigAsync(path, Ct);
            using StreamingClient client = StreamingClient.FromKubeconfig(path);
            await using RemoteProcess run = await client.ExecAsync(new("demo"), ["sleep", "1000"], cancellationToken: Ct);
            Assert.InRange(lab.CutConnections(), 1, 10);
            await Assert.ThrowsAsync<SessionLostException>(async () => await run.WaitForExitAsync(Ct));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact, Trait("Case", "D12")]
    public async Task Pods_that_cannot_be_read_are_refused()
    {
        FormatException wrong = await Assert.ThrowsAnyAsync<FormatException>(() => Lab.StartAsync("kind: [", Ct));
        Assert.StartsWith("line ", wrong.Message, StringComparison.Ordinal);
    }
}
