namespace Fairlead.InteropTests;

/// <summary>What a user types first, typed with each client.</summary>
public sealed class ExecTests(LabFixture fixture)
{
    readonly LabProcess _lab = fixture.Lab;

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Clients.All), MemberType = typeof(Clients))]
    public async Task Piped_input_ends_where_the_pipe_ends(string name)
    {
        CommandLineClient client = Clients.Require(name);

        RunResult result = await RunAsync(client, ["-i"], "abc"u8.ToArray(), ["wc", "-c"], TestContext.Current.CancellationToken);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("3", result.Stdout.Trim());
        Assert.Null(client.WhyNotAsMeant(result.Stderr));
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Clients.All), MemberType = typeof(Clients))]
    public async Task The_remote_exit_code_is_the_clients_own(string name)
    {
        CommandLineClient client = Clients.Require(name);

        RunResult result = await RunAsync(client, [], null, ["sh", "-c", "exit 7"], TestContext.Current.CancellationToken);

        Assert.True(result.ExitCode == 7, result.ToString());
        Assert.Null(client.WhyNotAsMeant(result.Stderr));
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Clients.All), MemberType = typeof(Clients))]
    public async Task Output_and_error_output_stay_apart(string name)
    {
        CommandLineClient client = Clients.Require(name);

        RunResult result = await RunAsync(client, [], null, ["sh", "-c", "echo to-out; echo to-err >&2"], TestContext.Current.CancellationToken);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("to-out\n", result.Stdout);
        Assert.Contains("to-err\n", result.Stderr, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Clients.All), MemberType = typeof(Clients))]
    public async Task A_command_that_does_not_exist_fails_with_a_reason(string name)
    {
        CommandLineClient client = Clients.Require(name);

        RunResult result = await RunAsync(client, [], null, ["no-such-command-anywhere"], TestContext.Current.CancellationToken);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("no-such-command-anywhere", result.Stderr, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Clients.All), MemberType = typeof(Clients))]
    public async Task A_terminal_has_the_callers_size(string name)
    {
        CommandLineClient client = Clients.Require(name);
        Assert.SkipUnless(PseudoTerminal.IsHere, "script (util-linux) is not here");

        RunResult result = await PseudoTerminal.RunAsync(
            rows: 33, columns: 101, client.Program, client.Exec(_lab.Kubeconfig, ["-it"], "sh", "-c", "stty size; exit 5"),
            client.Environment(_lab.Kubeconfig), TestContext.Current.CancellationToken);

        Assert.Contains("33 101", result.Stdout, StringComparison.Ordinal);
        Assert.True(result.ExitCode == 5, result.ToString());
    }

    Task<RunResult> RunAsync(
        CommandLineClient client, IEnumerable<string> flags, ReadOnlyMemory<byte>? input, IEnumerable<string> command, CancellationToken cancellationToken) =>
        RunningProcess.RunAsync(
            client.Program, client.Exec(_lab.Kubeconfig, flags, command), input,
            new RunOptions { Environment = client.Environment(_lab.Kubeconfig) }, cancellationToken);
}
