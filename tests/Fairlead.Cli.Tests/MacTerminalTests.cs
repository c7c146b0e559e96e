namespace Fairlead.Cli.Tests;

/// <summary>
/// The way of macOS with terminals and outputs, on Linux: it is Linux' own, as <c>MacNumbersTests</c> holds, but for one call, the write that does not
/// wait, which is tried first where there is one. Here the kernel is told to have none.
/// </summary>
public sealed class MacTerminalTests
{
    static string Without => $"'{TerminalTests.Python}' '{Path.Combine(AppContext.BaseDirectory, "without.py")}' pwritev2";

    static Task<string> OnTerminalAsync(string waitFor, string action, string arguments)
    {
        SkipElsewhere();
        return TerminalTests.OnTerminalAsync(waitFor, action, arguments, Without);
    }

    static void SkipElsewhere() => Assert.SkipUnless(OperatingSystem.IsLinux(), "the kernel is not Linux, which can be told to lack a call");

    [Fact]
    public async Task The_size_is_sent_first_and_the_terminal_is_as_before() =>
        Assert.Equal("0 restored cooked '101x33\\r\\n'", await OnTerminalAsync("", "none", "exec -it -c web demo -- sizes 1"));

    [Fact]
    public async Task The_terminal_is_raw_meanwhile_and_its_size_is_followed() =>
        Assert.Equal("0 restored raw '101x33\\r\\n202x44\\r\\n'", await OnTerminalAsync("101x33", "resize", "exec -it -c web demo -- sizes 2"));

    [Fact]
    public async Task Keys_of_control_are_the_remote_sides() =>
        Assert.Equal("0 restored raw 'ready\\r\\n03 04 1A 1C'", await OnTerminalAsync("ready", "keys:03041a1c", "exec -it -c web demo -- keys 4"));

    [Theory]
    [InlineData("term", 143)]
    [InlineData("int", 130)]
    public async Task A_signal_finds_the_terminal_restored(string signal, int code) =>
        Assert.Equal($"{code} restored raw 'ready\\r\\n'", await OnTerminalAsync("ready", signal, "exec -it -c web demo -- wait"));

    [Fact]
    public async Task Both_outputs_are_whole_on_pipes()
    {
        SkipElsewhere();
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(
            cluster, $"{Without} '{CommandProcess.Path}' exec -c web demo -- both 30000000 | wc -c", TestContext.Current.CancellationToken);
        Assert.Equal((0, "30000000\n", "done\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task A_reader_that_goes_ends_the_command()
    {
        SkipElsewhere();
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(
            cluster, $"{Without} '{CommandProcess.Path}' exec -c web demo -- flood | head -c 1 | wc -c; echo ${{PIPESTATUS[0]}}", TestContext.Current.CancellationToken);
        Assert.Equal("1\n141\n", result.Output);
    }
}
