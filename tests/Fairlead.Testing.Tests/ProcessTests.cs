using System.Security.Cryptography;

namespace Fairlead.Testing.Tests;

public sealed class ProcessTests
{
    [Fact(Timeout = 30_000)]
    public async Task Captures_outputs_and_the_exit_code()
    {
        RunResult result = await RunningProcess.RunAsync(
            "sh", ["-c", "cat; echo err >&2; exit 9"], "in"u8.ToArray(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(new RunResult(9, "in", "err\n"), result);
    }

    [Fact(Timeout = 30_000)]
    public async Task Waits_for_a_line_and_says_what_came_instead()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        await using RunningProcess process = RunningProcess.Start("sh", ["-c", "echo first; echo ready here; echo last"]);

        Assert.Equal("ready here", await process.Stdout!.LineAsync("ready ", token));
        EndOfStreamException e = await Assert.ThrowsAsync<EndOfStreamException>(() => process.Stdout.LineAsync("never", token));
        Assert.Contains("last", e.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Disposing_ends_the_tree()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        string line = $"sleep 777.{Random.Shared.Next(100_000, 999_999)}";
        await using (RunningProcess.Start("sh", ["-c", $"{line} & {line}; true"]))
            await Eventually.HoldsAsync(() => ProcessFootprint.Running(line).Count == 2, "both run", cancellationToken: token);

        await Eventually.HoldsAsync(() => ProcessFootprint.Running(line).Count == 0, "both are gone", cancellationToken: token);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_signal_ends_it_with_128_and_its_number()
    {
        await using RunningProcess process = RunningProcess.Start("sleep", ["300"]);
        Assert.Equal(143, await process.TerminateAsync(TestContext.Current.CancellationToken));
        Assert.False(process.Signal(15));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_leak_is_seen_and_its_end_too()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        await using RunningProcess shell = RunningProcess.Start("sh", ["-c", "read a; sleep 300 & read b; kill $!; wait; read c"], new RunOptions { Stdin = true });
        LeakCheck check = LeakCheck.Begin(shell.Id);
        await check.ExpectNothingLeftAsync(cancellationToken: token);

        await shell.StandardInput.WriteAsync("a\n"u8.ToArray(), token);
        await shell.StandardInput.FlushAsync(token);
        await Eventually.HoldsAsync(() => ProcessFootprint.Of(shell.Id).Children == 1, "the child runs", cancellationToken: token);
        await Assert.ThrowsAsync<TimeoutException>(() => check.ExpectNothingLeftAsync(patience: TimeSpan.FromMilliseconds(200), cancellationToken: token));

        await shell.StandardInput.WriteAsync("b\n"u8.ToArray(), token);
        await shell.StandardInput.FlushAsync(token);
        await check.ExpectNothingLeftAsync(cancellationToken: token);
    }

    [Fact]
    public void An_open_file_is_seen()
    {
        const int many = 200; // more than what other tests of this process may close meanwhile
        int before = ProcessFootprint.Of().Descriptors;
        FileStream[] files = [.. Enumerable.Range(0, many).Select(static _ => File.OpenRead("/proc/self/status"))];
        int now = ProcessFootprint.Of().Descriptors;
        foreach (FileStream file in files) file.Dispose();
        Assert.True(now > before + many / 2, $"{before}, then {now}");
        Assert.InRange(ProcessFootprint.Of().PrivateMemory, 1 << 20, 4L << 30);
    }

    [Fact]
    public async Task Random_bytes_repeat_by_seed_however_they_are_read()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        using MemoryStream whole = new();
        using RandomByteStream first = new(10_003, 5);
        await first.CopyToAsync(whole, 4096, token); // whole words at a time, but for the last
        whole.Position = 0;

        Assert.Equal(10_003, whole.Length);
        Assert.Equal(Convert.ToHexStringLower(await SHA256.HashDataAsync(whole, token)), first.Sha256);
        Assert.Equal(first.Sha256, RandomByteStream.HashOf(10_003, 5));
        Assert.NotEqual(first.Sha256, RandomByteStream.HashOf(10_003, 6));
    }
}
