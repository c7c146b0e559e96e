namespace Fairlead.InteropTests;

/// <summary>Many bytes each way over SPDY, which has no flow control here but the connection's: every one arrives.</summary>
public sealed class SpdyBulkTests(LabFixture fixture)
{
    readonly LabProcess _lab = fixture.Lab;

    static long Size => Repository.IsFull ? 1L << 30 : 64L << 20;

    [Theory(Timeout = 600_000)]
    [MemberData(nameof(Clients.OverSpdy), MemberType = typeof(Clients))]
    public async Task Up(string name)
    {
        CommandLineClient client = Clients.Require(name);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using RunningProcess run = RunningProcess.Start(
            client.Program, client.Exec(_lab.Kubeconfig, ["-i"], "sha256sum"),
            new RunOptions { Stdin = true, Environment = client.Environment(_lab.Kubeconfig) });

        using RandomByteStream bytes = new(Size, seed: 5);
        await bytes.CopyToAsync(run.StandardInput, 1 << 18, cancellationToken);
        await run.StandardInput.DisposeAsync();

        int code = await run.WaitForExitAsync(cancellationToken);
        Assert.True(code == 0, run.Stderr.Text);
        Assert.Equal(bytes.Sha256, run.Stdout!.Text.Split(' ')[0]);
        Assert.Null(client.WhyNotAsMeant(run.Stderr.Text));
    }

    [Theory(Timeout = 600_000)]
    [MemberData(nameof(Clients.OverSpdy), MemberType = typeof(Clients))]
    public async Task Down(string name)
    {
        CommandLineClient client = Clients.Require(name);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (string path, string hash) = await _lab.WriteRandomFileAsync($"down-{name}", Size, seed: 6, cancellationToken);
        try
        {
            await using RunningProcess run = RunningProcess.Start(
                client.Program, client.Exec(_lab.Kubeconfig, [], "cat", path),
                new RunOptions { RawStdout = true, Environment = client.Environment(_lab.Kubeconfig) });

            ByteTally tally = await ByteTally.OfAsync(run.StandardOutput, cancellationToken: cancellationToken);

            int code = await run.WaitForExitAsync(cancellationToken);
            Assert.True(code == 0, run.Stderr.Text);
            Assert.Equal(new ByteTally(Size, hash), tally);
            Assert.Null(client.WhyNotAsMeant(run.Stderr.Text));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
