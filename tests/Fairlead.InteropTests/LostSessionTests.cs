using System.Globalization;

namespace Fairlead.InteropTests;

/// <summary>Sessions whose connection goes: never success, never a remote exit code, and nothing left running.</summary>
public sealed class LostSessionTests(LabFixture fixture)
{
    const int LostCode = 255;

    readonly LabProcess _lab = fixture.Lab;
    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.Fairlead);

    [Fact(Timeout = 600_000)]
    public async Task A_run_cut_before_its_status_ends_with_the_lost_code()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        Endings endings = await Endings.PrepareAsync(_lab, cancellationToken);

        await Endings.RunAsync(50, together: 4, async (i, token) =>
        {
            CutKind kind = i % 2 == 0 ? CutKind.Reset : CutKind.Fin;
            bool within = i < 25;

            // a cut within the output at any byte of it, or after all output of a command that goes on
            long? after = within ? 64_000 + ((long)i * 37_123 % 900_000) : null;
            await using FaultProxy proxy = _lab.Behind(new() { CutAfterBytesToClient = after, CutWith = kind });
            string[] command = within ? endings.CommandOf(0) : ["sh", "-c", "echo begun; exec sleep 300"];
            await using RunningProcess run = RunningProcess.Start(_fairlead.Program, _fairlead.Exec(_lab.KubeconfigThrough(proxy), [], command));
            if (!within)
            {
                await run.Stdout!.LineAsync("begun", token);
                proxy.Cut(kind);
            }

            int code = await run.WaitForExitAsync(token);
            Assert.True(code == LostCode, $"{kind} after {after?.ToString(CultureInfo.InvariantCulture) ?? "the output"}: code {code}: {run.Stderr.Text}");
            Assert.Contains("lost", run.Stderr.Text, StringComparison.OrdinalIgnoreCase);
        }, cancellationToken);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_a_lost_client_started_dies_and_nothing_else()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        string mark = Random.Shared.Next(100_000, 999_999).ToString(CultureInfo.InvariantCulture);
        string lost = $"999.{mark}", other = $"998.{mark}";

        await using RunningProcess bystander = RunningProcess.Start(_fairlead.Program, _fairlead.Exec(_lab.Kubeconfig, [], "sleep", other));
        await using RunningProcess client = RunningProcess.Start(
            _fairlead.Program, _fairlead.Exec(_lab.Kubeconfig, [], "sh", "-c", $"setsid sleep {lost} & sleep {lost}; true"));
        await Eventually.HoldsAsync(() => ProcessFootprint.Running($"sleep {lost}").Count == 2, "both processes run", cancellationToken: cancellationToken);
        await Eventually.HoldsAsync(() => ProcessFootprint.Running($"sleep {other}").Count == 1, "the bystander runs", cancellationToken: cancellationToken);

        client.KillTree();

        await Eventually.HoldsAsync(() => ProcessFootprint.Running($"sleep {lost}").Count == 0, "both processes are gone", cancellationToken: cancellationToken);
        Assert.Single(ProcessFootprint.Running($"sleep {other}"));
        Assert.False(bystander.HasExited, bystander.Stderr.Text);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("3s", 0)]
    [InlineData("1m", LostCode)]
    public async Task Pings_carry_an_idle_session_through_a_proxy_that_cuts_silence(string interval, int expected)
    {
        await using FaultProxy proxy = _lab.Behind(new() { CutAfterSilence = TimeSpan.FromSeconds(10) });
        IReadOnlyList<string> arguments = _fairlead.Exec(_lab.KubeconfigThrough(proxy), ["--ping-interval", interval], "sleep", "14");
        await using RunningProcess run = RunningProcess.Start(_fairlead.Program, arguments);

        int code = await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(code == expected, $"code {code}: {run.Stderr.Text}");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_black_hole_is_told_as_a_loss_within_the_deadline()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using FaultProxy proxy = _lab.Behind();
        using StreamingClient client = StreamingClient.FromKubeconfig(_lab.KubeconfigThrough(proxy));
        ExecOptions options = new() { PingInterval = TimeSpan.FromMilliseconds(500), PingTimeout = TimeSpan.FromSeconds(3) };
        await using RemoteProcess run = await client.ExecAsync(new("demo", "default", "shell"), ["sleep", "300"], options, cancellationToken);

        proxy.BlackHole(ProxyDirections.Both);

        await Assert.ThrowsAsync<SessionLostException>(() => run.WaitForExitAsync(cancellationToken).AsTask());
    }
}
