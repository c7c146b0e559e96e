using Fairlead.Lab;
using Fairlead.Streaming.Relays;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests;

/// <summary>What sessions leave behind in this process: nothing.</summary>
[Collection(Alone.Name)]
public sealed class LeakTests
{
    static readonly PodReference s_shell = new("demo", "default", "shell");

    [Fact]
    public async Task Many_sessions_at_once_leave_nothing_behind()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        using StreamingClient client = LabClient.Create(lab.Url, lab);
        await RunAsync(20); // first uses open descriptors that stay
        LeakCheck check = LeakCheck.Begin();
        await RunAsync(100);
        await check.ExpectNothingLeftAsync(spareDescriptors: 8, cancellationToken: Ct); // pooled connections to the lab

        async Task RunAsync(int count) => await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = Ct }, async (i, ct) =>
        {
            await using RemoteProcess process = await client.ExecAsync(s_shell, ["wc", "-c"], new ExecOptions { Stdin = true }, ct);
            await process.StandardInput.WriteAsync(new byte[i * 1000], ct);
            await process.StandardInput.CompleteAsync();
            Assert.Equal(i * 1000, int.Parse(await process.StandardOutput.ReadToEndAsync(cancellationToken: ct), null));
            Assert.True((await process.WaitForExitAsync(ct)).Succeeded);
        });
    }

    [Theory, MemberData(nameof(GatewaySessionTests.Forms), MemberType = typeof(GatewaySessionTests))]
    public async Task A_client_that_goes_ends_the_command_and_leaves_nothing(string client, string server)
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync(GatewaySessionTests.Lab(server));
        using StreamingClient gateway = room.Client();
        await OneAsync();
        LeakCheck check = LeakCheck.Begin();
        for (int i = 0; i < 10; i++) await OneAsync();
        await check.ExpectNothingLeftAsync(spareDescriptors: 8, cancellationToken: Ct);
        await Eventually.HoldsAsync(() => room.Audit.Count(record => record.End == nameof(RelayEnd.ClientLost)) == 11, "the audit says so", cancellationToken: Ct);

        async Task OneAsync()
        {
            RemoteProcess process = await gateway.ExecAsync(s_shell, ["sh", "-c", "echo $$; exec sleep 314"], GatewaySessionTests.Options(client) with { Stdin = true }, Ct);
            string pid = (await GatewaySessionTests.ReadAsync(process.StandardOutput, 2)).Trim();
            process.Abort();
            await process.DisposeAsync();
            await Eventually.HoldsAsync(() => !Directory.Exists("/proc/" + pid), "the command is gone", cancellationToken: Ct);
            await Eventually.HoldsAsync(() => room.Gateway.ActiveSessions == 0, "the session is over", cancellationToken: Ct);
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
