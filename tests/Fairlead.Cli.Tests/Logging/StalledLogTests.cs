using System.Diagnostics;

namespace Fairlead.Cli.Tests.Logging;

/// <summary>A standard error that nobody reads, with everything logged on it: the session goes on and ends as ever.</summary>
[Trait("Case", "14.2")]
public sealed class StalledLogTests
{
    const int Messages = 10_000;

    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The trace of so many messages, there and back, is twice what waits for a reader at most.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ten_thousand_messages_pass_and_what_was_not_told_is_counted(bool isReadLater)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        ProcessStartInfo start = new(CommandProcess.Path, ["exec", "-iq", "demo", "-c", "web", "--", "echo"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true, // a pipe, which is read below or not at all
        };
        start.Environment["KUBECONFIG"] = cluster.Kubeconfig;
        start.Environment["FAIRLEAD_LOG"] = "trace";
        using Process process = Process.Start(start)!;
        try
        {
            Stream input = process.StandardInput.BaseStream, output = process.StandardOutput.BaseStream;
            byte[] message = "message\n"u8.ToArray(), echo = new byte[message.Length];
            for (int i = 0; i < Messages; i++)
            {
                await input.WriteAsync(message, Ct);
                await input.FlushAsync(Ct);
                await output.ReadExactlyAsync(echo, Ct).AsTask().WaitAsync(s_patience, Ct);
                Assert.Equal(message, echo);
            }

            Task<string> log = isReadLater ? process.StandardError.ReadToEndAsync(Ct) : Task.FromResult("");
            process.StandardInput.Close();
            await process.WaitForExitAsync(Ct).WaitAsync(s_patience, Ct);
            Assert.Equal((0, 0), (process.ExitCode, await output.ReadAsync(echo, Ct)));
            if (!isReadLater) return;
            string told = await log;
            Assert.Matches(@"warn Fairlead\.Cli: \d+ lines were dropped here", told);
            Assert.Contains("exec ends with exit code 0", told, StringComparison.Ordinal); // told again as soon as there was room
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
