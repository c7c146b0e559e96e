using Fairlead.HostProcesses.Starting;

namespace Fairlead.HostProcesses.Tests;

/// <summary>One thread watches all exits, and nothing of anybody else's runs on it.</summary>
[Trait("Case", "C6")]
public sealed class ExitTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_goes_on_after_an_exit_may_block_and_others_exits_are_told_all_the_same()
    {
        await using LocalProcess first = Start(), second = Start();
        using ManualResetEventSlim goOn = new();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> blocked = BlockAfterAsync(first);
        await first.Io.Input!.DisposeAsync();
        await begun.Task.WaitAsync(Ct);

        try
        {
            await second.Io.Input!.DisposeAsync();
            Assert.Equal(0, await second.Exited.WaitAsync(Ct));
            Assert.False(blocked.IsCompleted);
        }
        finally
        {
            goOn.Set();
        }

        Assert.Equal(0, await blocked);

        async Task<int> BlockAfterAsync(LocalProcess process)
        {
            int code = await process.Exited.ConfigureAwait(false);
            begun.SetResult();
            goOn.Wait(Ct);
            return code;
        }
    }

    /// <summary>It ends with its input.</summary>
    static LocalProcess Start() => LocalProcess.Start(new ProcessStart
    {
        Command = ["cat"],
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
        WorkingDirectory = "/",
        Stdin = true,
    });
}
