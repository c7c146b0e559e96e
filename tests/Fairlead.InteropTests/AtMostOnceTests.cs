using System.Globalization;

namespace Fairlead.InteropTests;

/// <summary>A command with an effect that shows how often it ran, through our command in auto and a connection that is cut.</summary>
public sealed class AtMostOnceTests(LabFixture fixture)
{
    const int LostCode = 255;

    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.Fairlead);

    [Theory(Timeout = 120_000)]
    [InlineData("websocket,spdy", CutKind.Fin, "connected by WebSocket v5.channel.k8s.io")]
    [InlineData("websocket,spdy", CutKind.Reset, "connected by WebSocket v5.channel.k8s.io")]
    [InlineData("spdy", CutKind.Fin, "connected by SPDY/3.1 v4.channel.k8s.io")]
    [InlineData("spdy", CutKind.Reset, "connected by SPDY/3.1 v4.channel.k8s.io")]
    public async Task A_server_that_starts_the_command_and_then_cuts_has_run_it_once(string protocols, CutKind kind, string connected)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", protocols], cancellationToken);
        await using FaultProxy proxy = lab.Behind();
        string kubeconfig = lab.KubeconfigThrough(proxy), runs = Path.Combine(lab.Folder, "runs");
        await using RunningProcess run = RunningProcess.Start(
            _fairlead.Program, _fairlead.Exec(kubeconfig, [], "sh", "-c", $"echo ran >> {runs}; exec sleep 300"),
            new RunOptions { Environment = _fairlead.Environment(kubeconfig) });
        await Eventually.HoldsAsync(() => File.Exists(runs) && new FileInfo(runs).Length > 0, "the command has begun", cancellationToken: cancellationToken);

        // this proxy may drop what it holds and end in order all the same, which no server's system does; after a reset anything may be missing
        if (kind is CutKind.Fin) await run.Stderr.ContainsAsync(connected, cancellationToken);
        proxy.Cut(kind);

        int code = await run.WaitForExitAsync(cancellationToken);
        // a reset may destroy the answer to the upgrade as well: then nothing was accepted that could be lost
        Assert.True(kind is CutKind.Fin ? code == LostCode : code != 0, $"code {code}: {run.Stderr.Text}");
        Assert.Equal(["ran"], await File.ReadAllLinesAsync(runs, cancellationToken));
    }

    /// <summary>
    /// Wherever the connection is cut, from its first byte to its last. Without <c>--no-retry</c> an orderly end between the 101 and the
    /// first message looks as a server that drops WebSockets, which may be asked again.
    /// </summary>
    [Fact(Timeout = 600_000)]
    public async Task Without_retries_no_cut_makes_it_run_twice()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        LabProcess lab = fixture.Lab;
        long whole = (await RunAsync(lab, null, "whole", cancellationToken)).BytesToClient;
        const int Cuts = 24;
        int ranAndLost = 0;
        for (int i = 0; i < Cuts; i++)
        {
            (RunResult result, string[] runs, _) = await RunAsync(lab, whole * i / Cuts, i.ToString(CultureInfo.InvariantCulture), cancellationToken);

            Assert.True(runs.Length <= 1, $"ran {runs.Length} times: {result}");
            Assert.True(result.ExitCode != 0 || runs.Length == 1, $"success without a run: {result}");
            if (runs.Length == 1 && result.ExitCode != 0) ranAndLost++;
        }

        Assert.True(ranAndLost > 0, "no cut fell between the command's start and its status: the test shows nothing");
    }

    async Task<(RunResult Result, string[] Runs, long BytesToClient)> RunAsync(LabProcess lab, long? cutAfter, string name, CancellationToken cancellationToken)
    {
        await using FaultProxy proxy = lab.Behind(new() { CutAfterBytesToClient = cutAfter, CutWith = CutKind.Fin });
        string kubeconfig = lab.KubeconfigThrough(proxy), runs = Path.Combine(lab.Folder, $"runs-{name}");
        RunResult result = await RunningProcess.RunAsync(
            _fairlead.Program, _fairlead.Exec(kubeconfig, ["--no-retry"], "sh", "-c", $"echo ran >> {runs}; echo out; head -c 2000 /dev/zero"),
            options: new RunOptions { Environment = _fairlead.Environment(kubeconfig) }, cancellationToken: cancellationToken);
        return (result, File.Exists(runs) ? await File.ReadAllLinesAsync(runs, cancellationToken) : [], proxy.BytesToClient);
    }
}
