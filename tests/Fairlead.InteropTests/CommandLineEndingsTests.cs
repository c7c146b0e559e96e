namespace Fairlead.InteropTests;

/// <summary>Endings as the commands see them: whole processes that are fed input until they end.</summary>
public sealed class CommandLineEndingsTests(LabFixture fixture)
{
    const int SlowReaders = 4;

    readonly LabProcess _lab = fixture.Lab;

    [Theory(Timeout = 3_600_000)]
    [InlineData(CommandLineClient.Fairlead, 100, 1000)]
    [InlineData(Peer.KubectlStable, 50, 200)]
    [InlineData(Peer.KubectlNewest, 50, 200)]
    [InlineData(CommandLineClient.FairleadSpdy, 50, 200)]
    [InlineData(Peer.KubectlSpdy, 25, 200)]
    [InlineData(CommandLineClient.KubectlNewestSpdy, 25, 200)]
    public async Task Every_run_ends_whole(string name, int count, int all)
    {
        CommandLineClient client = Clients.Require(name);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        Endings endings = await Endings.PrepareAsync(_lab, cancellationToken);
        await using FaultProxy delaying = _lab.Behind(new() { Latency = TimeSpan.FromMilliseconds(10) });
        string delayed = _lab.KubeconfigThrough(delaying);
        if (Repository.IsFull) count = all;

        int dropped = 0;
        await Endings.RunAsync(count, together: 4 + SlowReaders, async (i, token) =>
        {
            // the slow ones start first and run beside the others
            int? slow = i < SlowReaders ? Endings.SlowBytesPerSecond : null;
            IReadOnlyList<string> arguments = client.Exec(i % 2 == 0 ? _lab.Kubeconfig : delayed, ["-i"], endings.CommandOf(i));
            RunOptions options = new() { Stdin = true, RawStdout = true, Environment = client.Environment(_lab.Kubeconfig) };
            await using RunningProcess run = RunningProcess.Start(client.Program, arguments, options);

            Task feeding = FeedAsync(run.StandardInput, token);
            ByteTally tally = await ByteTally.OfAsync(run.StandardOutput, slow, token);
            int code = await run.WaitForExitAsync(token);
            await feeding;
            if (client.SaysThatItDropped(run.Stderr.Text))
            {
                Interlocked.Increment(ref dropped);
                return;
            }

            Assert.True(endings.Expected == tally, $"{tally.Length} bytes, code {code}: {Tail(run.Stderr.Text)}");
            Assert.True(Endings.CodeOf(i) == code, $"code {code} instead of {Endings.CodeOf(i)}: {Tail(run.Stderr.Text)}");
            Assert.Null(client.WhyNotAsMeant(run.Stderr.Text));
        }, cancellationToken);

        if (dropped > 0) TestContext.Current.SendDiagnosticMessage($"{name}: {dropped} of {count} runs said that they dropped output themselves.");
        Assert.True(dropped <= 1 + count / 50, $"{dropped} of {count} runs of {name} said that they dropped output: more than its known race explains.");
        Assert.True(delaying.AcceptedConnections > 0, "Nothing went through the delaying proxy.");
    }

    static async Task FeedAsync(Stream input, CancellationToken cancellationToken)
    {
        byte[] chunk = new byte[8 * 1024];
        try
        {
            while (true) await input.WriteAsync(chunk, cancellationToken);
        }
        catch (IOException)
        {
            // the process has ended and its input is gone: that is how this loop ends
        }
    }

    static string Tail(string text) => text.Length <= 600 ? text : text[^600..];
}
