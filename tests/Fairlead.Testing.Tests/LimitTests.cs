namespace Fairlead.Testing.Tests;

/// <summary>A test that hangs fails by its name, with what it waits for. Those that hang run in a process of their own, with a short limit.</summary>
public sealed class LimitTests
{
    [Theory(Timeout = 300_000)]
    [InlineData(nameof(Hanging.Ignores_its_token), "WaitForNobodyAsync", "timed out")]
    [InlineData(nameof(Hanging.Blocks_its_thread), "Blocks_its_thread()", "did not end within")]
    [InlineData(nameof(HangingBefore.Never_begins), "InitializeAsync", "did not end within")]
    public async Task A_test_that_hangs_is_told_by_name_and_by_what_it_waits_for(string name, string waitsFor, string message)
    {
        RunResult result = await RunningProcess.RunAsync(
            Environment.ProcessPath!, ["-noColor", "-noLogo", "-noAutoReporters", "-explicit", "only", "-method", $"*.{name}"],
            options: new() { Environment = new Dictionary<string, string?> { ["FAIRLEAD_TEST_LIMIT"] = "6" } }, cancellationToken: TestContext.Current.CancellationToken);
        string output = result.Stdout + result.Stderr;
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains($"{name} [FAIL]", output, StringComparison.Ordinal);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.Contains(waitsFor, output[output.IndexOf("Its waits are among these:", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }
}

/// <summary>Never comes. Something refers to it, so that what waits for it stays on the heap for whoever looks.</summary>
static class Nobody
{
    static readonly TaskCompletionSource s_never = new();

    internal static Task Task => s_never.Task;
}

/// <summary>Hang for ever, each in its own way; run by <see cref="LimitTests"/> alone.</summary>
public sealed class Hanging
{
    [Fact(Explicit = true)]
    public async Task Ignores_its_token() => await WaitForNobodyAsync();

    [Fact(Explicit = true)]
    public void Blocks_its_thread() => new ManualResetEventSlim().Wait(Timeout.Infinite, CancellationToken.None);

    static async Task WaitForNobodyAsync() => await Nobody.Task;
}

/// <summary>The same, before it begins.</summary>
public sealed class HangingBefore : IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await Nobody.Task;

    [Fact(Explicit = true)]
    public void Never_begins() => Assert.Fail("it began");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
