using System.Net;

namespace Fairlead.InteropTests;

/// <summary>A gateway that was asked to end, and has told nobody but those who look.</summary>
public sealed class GatewayLameDuckTests(LabFixture fixture)
{
    const int Terminate = 15;

    [Fact(Timeout = 60_000)]
    public async Task After_the_signal_readiness_fails_and_sessions_go_on_being_taken()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(fixture.Lab.Kubeconfig, ["--lame-duck", "1h"], cancellationToken);
        using HttpClientHandler handler = new() { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using HttpClient probe = new(handler) { BaseAddress = gateway.Server };
        Assert.Equal(HttpStatusCode.OK, (await probe.GetAsync("/readyz", cancellationToken)).StatusCode);

        Assert.True(gateway.Signal(Terminate));
        await gateway.LinesAsync("/readyz fails", 1, cancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await probe.GetAsync("/readyz", cancellationToken)).StatusCode);
        CommandLineClient client = CommandLineClient.Find(CommandLineClient.Fairlead);
        RunResult ran = await RunningProcess.RunAsync(client.Program, client.Exec(gateway.Kubeconfig, [], "echo", "taken"), cancellationToken: cancellationToken);
        Assert.True(ran.ExitCode == 0 && ran.Stdout == "taken\n", ran.ToString());
    }
}
