namespace Fairlead.Cli.Tests;

public sealed class TerminalTests
{
    /// <summary>Where it is; the test is skipped where it is not.</summary>
    internal static string Python
    {
        get
        {
            string? python = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(static folder => folder + "/python3").FirstOrDefault(File.Exists);
            Assert.SkipWhen(python is null, "python3, which makes the terminal, is not installed");
            return python ?? "";
        }
    }

    /// <param name="waitFor">What is waited for in the output.</param>
    /// <param name="action">What is done then.</param>
    /// <param name="arguments">The command's arguments.</param>
    /// <param name="before">What runs the command, where something does.</param>
    internal static async Task<string> OnTerminalAsync(string waitFor, string action, string arguments, string before = "")
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string driver = Path.Combine(AppContext.BaseDirectory, "terminal.py");
        CommandProcess.Result result = await CommandProcess.RunAsync(
            cluster, $"'{Python}' '{driver}' '{waitFor}' {action} {before} '{CommandProcess.Path}' {arguments}", TestContext.Current.CancellationToken);
        Assert.Equal("", result.Error);
        return result.Output.TrimEnd('\n');
    }

    [Fact]
    public async Task The_size_is_sent_first_and_the_terminal_is_as_before() =>
        Assert.Equal("0 restored cooked '101x33\\r\\n'", await OnTerminalAsync("", "none", "exec -it -c web demo -- sizes 1"));

    [Fact]
    public async Task A_change_of_size_is_followed() =>
        Assert.Equal("0 restored raw '101x33\\r\\n202x44\\r\\n'", await OnTerminalAsync("101x33", "resize", "exec -it -c web demo -- sizes 2"));

    [Fact]
    public async Task Attach_ends_with_the_true_size() =>
        Assert.Equal("0 restored cooked '101x33\\r\\n'", await OnTerminalAsync("", "none", "attach -itq -c shell demo"));

    [Fact]
    public async Task Attach_says_what_kubectl_says() => Assert.StartsWith(
        "0 restored cooked \"If you don't see a command prompt, try pressing enter.\\r\\n101x33",
        await OnTerminalAsync("", "none", "attach -it -c shell demo"), StringComparison.Ordinal);

    [Fact]
    public async Task Keys_of_control_are_the_remote_sides() =>
        Assert.Equal("0 restored raw 'ready\\r\\n03 04 1A 1C'", await OnTerminalAsync("ready", "keys:03041a1c", "exec -it -c web demo -- keys 4"));

    [Fact, Trait("Case", "B8")]
    public async Task Attach_is_left_by_its_keys()
    {
        string result = await OnTerminalAsync("ready", "keys:1010780d1011", "attach -it busy");
        Assert.StartsWith("0 restored", result, StringComparison.Ordinal);
        Assert.Contains("Detached: the process in pod busy runs on\\r\\n", result, StringComparison.Ordinal);
    }

    [Fact, Trait("Case", "B8")]
    public async Task Exec_is_left_by_keys_that_were_asked_for()
    {
        string result = await OnTerminalAsync("ready", "keys:61787a", "exec -it --detach-keys x,z -c web demo -- wait");
        Assert.StartsWith("0 restored raw \"ready\\r\\nDetached: ", result, StringComparison.Ordinal);
        Assert.Equal("0 restored raw 'ready\\r\\n10 11'", await OnTerminalAsync("ready", "keys:1011", "exec -it -c web demo -- keys 2"));
    }

    [Theory]
    [InlineData("term", 143)]
    [InlineData("hup", 129)]
    [InlineData("int", 130)]
    [InlineData("quit", 131)]
    public async Task A_signal_finds_the_terminal_restored(string signal, int code) =>
        Assert.Equal($"{code} restored raw 'ready\\r\\n'", await OnTerminalAsync("ready", signal, "exec -it -c web demo -- wait"));

    [Fact]
    public async Task A_lost_session_leaves_the_terminal_restored()
    {
        string result = await OnTerminalAsync("partial", "keys:78", "exec -it -c web demo -- lose");
        Assert.StartsWith("255 restored", result, StringComparison.Ordinal);
        Assert.Contains("is not known\\r\\n", result, StringComparison.Ordinal);
    }
}
