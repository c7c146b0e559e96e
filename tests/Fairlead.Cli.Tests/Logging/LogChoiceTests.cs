using System.Text.Json;
using Fairlead.Testing;

namespace Fairlead.Cli.Tests.Logging;

/// <summary>Who is told what: options of verbs that serve, variables for verbs of clients.</summary>
[Trait("Case", "14.2")]
public sealed class LogChoiceTests : IDisposable
{
    const string Run = "fairlead exec -q demo -c web -- exit 0";

    readonly string _folder = Directory.CreateTempSubdirectory("fairlead-log-").FullName;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    string File(string name) => Path.Combine(_folder, name);

    [Theory]
    [InlineData("FAIRLEAD_LOG=loud", "error: FAIRLEAD_LOG is \"loud\", which is no log level: set it to one of off, error, warn, info, debug and trace, or unset it\n")]
    [InlineData("FAIRLEAD_LOG=debug FAIRLEAD_LOG_FILE=/none/log", "error: FAIRLEAD_LOG_FILE names \"/none/log\", which cannot be written to: ")]
    [InlineData("FAIRLEAD_LOG=debug FAIRLEAD_LOG_FILE=/", "error: FAIRLEAD_LOG_FILE names \"/\", which cannot be written to: ")]
    public async Task A_variable_that_cannot_be_meant_is_told_before_anything_runs(string variables, string error)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, $"{variables} fairlead exec -q demo -c web -- echo ran", Ct);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.StartsWith(error, result.Error, StringComparison.Ordinal);
        Assert.EndsWith("See 'fairlead exec --help' for help and examples\n", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("FAIRLEAD_LOG=")]
    [InlineData("FAIRLEAD_LOG=error")]
    [InlineData("FAIRLEAD_LOG=info")]
    [InlineData("FAIRLEAD_LOG=Error")]
    [InlineData("FAIRLEAD_LOG=off")]
    [InlineData("FAIRLEAD_LOG=NONE")]
    [InlineData("FAIRLEAD_LOG_FILE=/none/log")]
    public async Task Without_a_level_or_below_it_nothing_is_said(string variables)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, $"{variables} {Run}", Ct);
        Assert.Equal((0, "failing\n"), (result.ExitCode, result.Error));
    }

    /// <summary>Descriptor 3 of the shell: an input with a line in it that does not end, since the shell holds both of its ends.</summary>
    const string OpenInput = "exec 3<> <(:); echo x >&3; ";

    [Theory, Trait("Case", "14.9")]
    [InlineData("exec -q none -- date")]
    [InlineData("exec -q --transport websocket demo -- forbidden")]
    [InlineData("exec -q demo -c web -- zsh")]
    [InlineData("exec -q -i demo -c web -- lose <&3")]
    [InlineData("attach -q none")]
    [InlineData("cp -q none:/x y")]
    [InlineData("port-forward none 80")]
    [InlineData("exec -q --context none demo -- date")]
    public async Task A_failure_is_one_line_at_error(string line)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string[] told = (await CommandProcess.RunAsync(cluster, $"{OpenInput}FAIRLEAD_LOG=error fairlead {line}", Ct)).Error.Split('\n');
        Assert.Single(told, static entry => entry.Contains(" error Fairlead.Cli: ", StringComparison.Ordinal));
        Assert.Single(told, static entry => entry.StartsWith("error: ", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", string.Join('\n', told), StringComparison.Ordinal);
    }

    [Fact, Trait("Case", "14.9")]
    public async Task A_loss_is_a_warning_and_a_fallback_is_told_at_info()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string lost = (await CommandProcess.RunAsync(cluster, $"{OpenInput}FAIRLEAD_LOG=warn fairlead exec -q -i demo -c web -- lose <&3", Ct)).Error;
        Assert.Contains(" warn Fairlead.Client: exec was lost after ", lost, StringComparison.Ordinal);
        string fellBack = (await CommandProcess.RunAsync(cluster, "FAIRLEAD_LOG=info fairlead exec -q demo -- forbidden", Ct)).Error;
        Assert.Contains(" info Fairlead.Upgrades: Falling back from WebSocket to SPDY: ", fellBack, StringComparison.Ordinal);
    }

    [Fact, Trait("Case", "14.9")]
    public async Task The_environment_has_a_format_too()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string told = (await CommandProcess.RunAsync(cluster, "FAIRLEAD_LOG=error FAIRLEAD_LOG_FORMAT=json fairlead exec -q none -- date", Ct)).Error;
        Assert.Equal("error", JsonDocument.Parse(told.Split('\n')[0]).RootElement.GetProperty("level").GetString());
        CommandProcess.Result refused = await CommandProcess.RunAsync(cluster, "FAIRLEAD_LOG=error FAIRLEAD_LOG_FORMAT=xml fairlead exec -q none -- date", Ct);
        Assert.StartsWith("error: FAIRLEAD_LOG_FORMAT is \"xml\", which is no log format: set it to text or json, or unset it\n", refused.Error, StringComparison.Ordinal);
    }

    [Fact, Trait("Case", "14.9")]
    public async Task The_environment_counts_for_verbs_that_serve_where_no_option_does()
    {
        string line = $"lab --write-kubeconfig {File("lab")}";
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string told = (await CommandProcess.RunAsync(cluster, $"FAIRLEAD_LOG=debug timeout 3 '{CommandProcess.Path}' {line}", Ct)).Error;
        Assert.Contains("lab begins: fairlead", told, StringComparison.Ordinal);
        Assert.Contains("lab is told to end by SIGTERM", told, StringComparison.Ordinal);
        string chosen = (await CommandProcess.RunAsync(cluster, $"FAIRLEAD_LOG=debug timeout 3 '{CommandProcess.Path}' {line} --log-level error", Ct)).Error;
        Assert.Equal("", chosen);
    }

    [Theory, Trait("Case", "14.6")]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    public async Task The_signal_that_ended_it_is_told(string signal, int code)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        CommandProcess.Result result = await CommandProcess.RunAsync(
            cluster, $"set -m; FAIRLEAD_LOG=info '{CommandProcess.Path}' exec -q demo -c web -- wait > {File("out")} & while ! grep -qs ready {File("out")}; do sleep 0.1; done; kill -{signal} $!; wait $!", Ct);
        Assert.Equal(code, result.ExitCode);
        Assert.Contains($" info Fairlead.Cli: exec is told to end by SIG{signal}\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debug_is_told_on_standard_error_and_trace_tells_messages_too()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string debug = (await CommandProcess.RunAsync(cluster, $"FAIRLEAD_LOG=debug {Run}", Ct)).Error, trace = (await CommandProcess.RunAsync(cluster, $"FAIRLEAD_LOG=trace {Run}", Ct)).Error;
        Assert.Contains($"server {cluster.Url}", debug, StringComparison.Ordinal);
        Assert.Contains("The server answered 101 Switching Protocols", debug, StringComparison.Ordinal);
        Assert.DoesNotContain(" trace ", debug, StringComparison.Ordinal);
        Assert.Contains("received 8 bytes at 0 on channel 2 (StandardError)", trace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_its_owners_and_is_appended_to()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string line = $"FAIRLEAD_LOG=debug FAIRLEAD_LOG_FILE='{File("log")}' {Run}";
        CommandProcess.Result result = await CommandProcess.RunAsync(cluster, $"umask 0; {line}; {line}", Ct);
        Assert.Equal((0, "failing\nfailing\n"), (result.ExitCode, result.Error));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File("log")));
        Assert.Equal(2, System.IO.File.ReadAllLines(File("log")).Count(static told => told.Contains("exec ends with exit code 0", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("lab --log-level loud", "error: --log-level: \"loud\" is not a log level: off, error, warn, info, debug and trace are known\nSee 'fairlead lab --help' for usage.\n")]
    [InlineData("gateway --log-format xml --upstream https://localhost", "error: --log-format: \"xml\" is not a log format: text and json are known\nSee 'fairlead gateway --help' for usage.\n")]
    public async Task An_option_that_cannot_be_meant_is_refused(string line, string error)
    {
        CommandLines.Result result = await CommandLines.RunAsync(line.Split(' '));
        Assert.Equal((1, error), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("gateway")]
    [InlineData("lab")]
    [InlineData("node")]
    [InlineData("cri-proxy")]
    [InlineData("port-forward")]
    public async Task Every_verb_that_serves_has_the_options(string verb)
    {
        string help = (await CommandLines.RunAsync(verb, "--help")).Output;
        Assert.Contains("--log-level=LEVEL", help, StringComparison.Ordinal);
        Assert.Contains("--log-format=FORMAT", help, StringComparison.Ordinal);
        Assert.Contains(verb == "port-forward" ? "Say on standard error how the connection was made" : "The same as --log-level debug", help, StringComparison.Ordinal); // -v was there before
        Assert.Contains("--log-level debug", help[..help.IndexOf("Options:", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_labs_log_in_json_is_an_object_a_line()
    {
        string kubeconfig = File("lab");
        await using RunningProcess lab = RunningProcess.Start(CommandProcess.Path, ["lab", "--write-kubeconfig", kubeconfig, "--log-level", "trace", "--log-format", "json"]);
        await lab.Stdout!.LineAsync("ready ", Ct);
        RunResult exec = await RunningProcess.RunAsync(CommandProcess.Path, ["exec", "-q", "--kubeconfig", kubeconfig, "demo", "-c", "shell", "--", "true"], cancellationToken: Ct);
        Assert.True(exec.ExitCode == 0, exec.ToString());
        await lab.TerminateAsync(Ct);
        string[] events = [.. lab.Stderr.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("event").GetString()!)];
        Assert.All(["VerbBegins", "CarrierBegins", "SessionBegins", "MessageSent", "CarrierEnded", "SessionEnded", "VerbEnded"], told => Assert.Contains(told, events));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
