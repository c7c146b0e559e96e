namespace Fairlead.InteropTests;

/// <summary>One GiB each way through our own command: every byte arrives, and neither end's memory grows with them.</summary>
public sealed class BulkTests(LabFixture fixture)
{
    const long Size = 1L << 30;

    readonly LabProcess _lab = fixture.Lab;
    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.Fairlead);

    [Fact(Timeout = 600_000)]
    public async Task Up()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using RunningProcess run = RunningProcess.Start(
            _fairlead.Program, _fairlead.Exec(_lab.Kubeconfig, ["-i"], "sha256sum"), new RunOptions { Stdin = true });
        await using MemoryWatch memory = new(run.Id, _lab.Id);

        using RandomByteStream bytes = new(Size, seed: 1);
        await CopyAsync(bytes, run.StandardInput, memory, cancellationToken);
        await run.StandardInput.DisposeAsync();
        await memory.StopAsync();

        int code = await run.WaitForExitAsync(cancellationToken);
        Assert.True(code == 0, run.Stderr.Text);
        Assert.Equal(bytes.Sha256, run.Stdout!.Text.Split(' ')[0]);
        memory.ExpectFlat("1 GiB up");
    }

    [Fact(Timeout = 600_000)]
    public async Task Down()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (string path, string hash) = await _lab.WriteRandomFileAsync("down", Size, seed: 2, cancellationToken);
        try
        {
            await using RunningProcess run = RunningProcess.Start(
                _fairlead.Program, _fairlead.Exec(_lab.Kubeconfig, [], "cat", path), new RunOptions { RawStdout = true });
            await using MemoryWatch memory = new(run.Id, _lab.Id);

            ByteTally tally = await ByteTally.OfAsync(new ProgressStream(run.StandardOutput, memory.Moved), cancellationToken: cancellationToken);
            await memory.StopAsync();

            int code = await run.WaitForExitAsync(cancellationToken);
            Assert.True(code == 0, run.Stderr.Text);
            Assert.Equal(new ByteTally(Size, hash), tally);
            memory.ExpectFlat("1 GiB down");
        }
        finally
        {
            File.Delete(path);
        }
    }

    static async Task CopyAsync(RandomByteStream from, Stream to, MemoryWatch memory, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 18];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            memory.Moved(read);
        }
    }
}
