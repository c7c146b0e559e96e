using System.Diagnostics;

namespace Fairlead.InteropTests;

/// <summary>Our command and the newest kubectl side by side, in turns, so that a busy machine slows both.</summary>
/// <remarks>
/// What is judged is the data path: bytes over the time from the first of them to the last. The rate of the whole command, its start
/// included, is told beside it: a start is a matter of its own and would hide the path in a transfer of a second.
/// </remarks>
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
            Rates ours = default, theirs = default;
            for (int round = 0; round < Rounds; round++)
            {
                ours = ours.Best(await RateAsync(fairlead, path, new ByteTally(size, hash), cancellationToken));
                theirs = theirs.Best(await RateAsync(kubectl, path, new ByteTally(size, hash), cancellationToken));
            }

            Measurement.Tell(
                $"exec stdout, {size >> 20} MiB, best of {Rounds} in turns: fairlead {ours.Path:0} MB/s, kubectl {theirs.Path:0} MB/s, ratio {ours.Path / theirs.Path:0.00}; "
                + $"with the start: fairlead {ours.Whole:0} MB/s, kubectl {theirs.Whole:0} MB/s, ratio {ours.Whole / theirs.Whole:0.00}");
            Assert.True(ours.Path >= theirs.Path * Noise, $"fairlead {ours.Path:0} MB/s, kubectl {theirs.Path:0} MB/s");
        }
        finally
        {
            File.Delete(path);
        }
    }

    async Task<Rates> RateAsync(CommandLineClient client, string path, ByteTally expected, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        await using RunningProcess run = RunningProcess.Start(
            client.Program, client.Exec(fixture.Lab.Kubeconfig, [], "cat", path), new RunOptions { RawStdout = true, Environment = client.Environment(fixture.Lab.Kubeconfig) });
        long first = 0;
        ProgressStream output = new(run.StandardOutput, _ => first = first == 0 ? Stopwatch.GetTimestamp() : first);
        ByteTally tally = await ByteTally.OfAsync(output, cancellationToken: cancellationToken);
        double flowing = Stopwatch.GetElapsedTime(first).TotalSeconds;
        int code = await run.WaitForExitAsync(cancellationToken);
        double whole = Stopwatch.GetElapsedTime(begun).TotalSeconds;

        Assert.True(code == 0, run.Stderr.Text);
        Assert.Equal(expected, tally);
        Assert.Null(client.WhyNotAsMeant(run.Stderr.Text));
        return new Rates(expected.Length / flowing / 1e6, expected.Length / whole / 1e6);
    }

    /// <summary>MB/s from the first byte to the last, and of the whole command.</summary>
    readonly record struct Rates(double Path, double Whole)
    {
        internal Rates Best(Rates other) => new(Math.Max(Path, other.Path), Math.Max(Whole, other.Whole));
    }
}
