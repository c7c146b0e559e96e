using System.Diagnostics;

namespace Fairlead.InteropTests;

/// <summary>Our command and the newest kubectl side by side, in turns, so that a busy machine slows both.</summary>
public sealed class ThroughputTests(LabFixture fixture)
{
    const int Rounds = 5;

    /// <summary>How much slower the best round may look for noise alone.</summary>
    const double Noise = 0.85;

    [Fact(Timeout = 900_000)]
    public async Task Output_is_not_slower_than_kubectls()
    {
        CommandLineClient kubectl = Clients.Require(Peer.KubectlNewest), fairlead = Clients.Require(CommandLineClient.Fairlead);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        long size = Repository.IsFull ? 1L << 30 : 192L << 20;
        (string path, string hash) = await fixture.Lab.WriteRandomFileAsync("throughput", size, seed: 4, cancellationToken);
        try
        {
            double ours = 0, theirs = 0;
            for (int round = 0; round < Rounds; round++)
            {
                ours = Math.Max(ours, await RateAsync(fairlead, path, new ByteTally(size, hash), cancellationToken));
                theirs = Math.Max(theirs, await RateAsync(kubectl, path, new ByteTally(size, hash), cancellationToken));
            }

            Measurement.Tell($"exec stdout, {size >> 20} MiB, best of {Rounds} in turns: fairlead {ours:0} MB/s, kubectl {theirs:0} MB/s, ratio {ours / theirs:0.00}");
            Assert.True(ours >= theirs * Noise, $"fairlead {ours:0} MB/s, kubectl {theirs:0} MB/s");
        }
        finally
        {
            File.Delete(path);
        }
    }

    async Task<double> RateAsync(CommandLineClient client, string path, ByteTally expected, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        await using RunningProcess run = RunningProcess.Start(
            client.Program, client.Exec(fixture.Lab.Kubeconfig, [], "cat", path), new RunOptions { RawStdout = true });
        ByteTally tally = await ByteTally.OfAsync(run.StandardOutput, cancellationToken: cancellationToken);
        int code = await run.WaitForExitAsync(cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;

        Assert.True(code == 0, run.Stderr.Text);
        Assert.Equal(expected, tally);
        Assert.Null(client.WhyNotWebSocketV5(run.Stderr.Text));
        return expected.Length / seconds / 1e6;
    }
}
