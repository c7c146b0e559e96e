namespace Fairlead.InteropTests;

/// <summary>Our command where WebSocket is refused: to a user by the verb, and by a server that has SPDY only.</summary>
public sealed class FallbackTests
{
    const string Users = """
        users:
        - name: creator
          token: creator-token
          rules:
          - {verbs: [get], resources: [pods]}
          - {verbs: [create], resources: [pods/exec]}
        - name: reader
          token: reader-token
          rules:
          - {verbs: [get], resources: [pods]}
        """;

    readonly CommandLineClient _fairlead = CommandLineClient.Find(CommandLineClient.Fairlead);

    [Fact(Timeout = 120_000)]
    public async Task A_role_without_get_is_enough_but_not_for_a_websocket()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using LabProcess lab = await StartWithUsersAsync(cancellationToken);

        // twice: what one user may not do is not remembered of the server, so that the refusal is told again
        for (int i = 0; i < 2; i++)
        {
            RunResult auto = await RunAsync(lab, ["--context", "creator"], ["echo", "hi"], null, cancellationToken);
            Assert.True(auto.ExitCode == 0, auto.ToString());
            Assert.Equal("hi\n", auto.Stdout);
            Assert.Contains("connected by SPDY/3.1", auto.Stderr, StringComparison.Ordinal);
            Assert.Contains("cannot get resource \"pods/exec\"", auto.Stderr, StringComparison.Ordinal);
        }

        RunResult webSocket = await RunAsync(lab, ["--context", "creator", "--transport", "websocket"], ["echo", "hi"], null, cancellationToken);
        Assert.True(webSocket.ExitCode == 1, webSocket.ToString());
        Assert.Equal("", webSocket.Stdout);
        Assert.Contains("cannot get resource \"pods/exec\"", webSocket.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("cannot create", webSocket.Stderr, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_role_with_neither_verb_is_told_both_verdicts()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using LabProcess lab = await StartWithUsersAsync(cancellationToken);

        RunResult result = await RunAsync(lab, ["--context", "reader"], ["echo", "hi"], null, cancellationToken);

        Assert.True(result.ExitCode == 1, result.ToString());
        Assert.Equal("", result.Stdout);
        Assert.Contains("cannot get or create resource \"pods/exec\"", result.Stderr, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_server_with_SPDY_alone_is_asked_over_WebSocket_once()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", "spdy"], cancellationToken);

        RunResult first = await RunAsync(lab, ["-i"], ["wc", "-c"], "abc"u8.ToArray(), cancellationToken);
        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Equal("3", first.Stdout.Trim());
        Assert.Contains("connected by SPDY/3.1 v4.channel.k8s.io", first.Stderr, StringComparison.Ordinal);
        Assert.Contains("WebSocket: the upgrade to websocket is not offered by this server", first.Stderr, StringComparison.Ordinal);

        RunResult second = await RunAsync(lab, ["-i"], ["wc", "-c"], "abcd"u8.ToArray(), cancellationToken);
        Assert.True(second.ExitCode == 0, second.ToString());
        Assert.Equal("4", second.Stdout.Trim());
        Assert.Contains("SPDY worked with this server lately", second.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("WebSocket", second.Stderr, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>v4 over WebSocket cannot end an input: SPDY's v4 can. Where there is none the command is not started.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData("websocket/v4,spdy/v4", true)]
    [InlineData("websocket/v4", false)]
    public async Task A_server_whose_WebSocket_cannot_end_the_input_is_asked_for_SPDY(string protocols, bool runs)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", protocols], cancellationToken);
        string mark = Path.Combine(lab.Folder, "started");

        RunResult result = await RunAsync(lab, ["-i"], ["sh", "-c", $"touch {mark}; wc -c"], "abc"u8.ToArray(), cancellationToken);

        Assert.True(result.ExitCode == 0 == runs, result.ToString());
        Assert.Equal(runs ? "3" : "", result.Stdout.Trim());
        Assert.Equal(runs, File.Exists(mark));
        Assert.Equal(runs, result.Stderr.Contains("connected by SPDY/3.1 v4.channel.k8s.io", StringComparison.Ordinal));
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Clients.OverSpdy), MemberType = typeof(Clients))]
    public async Task A_server_with_SPDY_alone_serves_every_SPDY_client(string name)
    {
        CommandLineClient client = Clients.Require(name);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using LabProcess lab = await LabProcess.StartAsync(["--protocols", "spdy/v4"], cancellationToken);

        RunResult result = await RunningProcess.RunAsync(
            client.Program, client.Exec(lab.Kubeconfig, ["-i"], "wc", "-c"), "abc"u8.ToArray(),
            new RunOptions { Environment = client.Environment(lab.Kubeconfig) }, cancellationToken);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("3", result.Stdout.Trim());
        Assert.Null(client.WhyNotAsMeant(result.Stderr));
    }

    /// <summary>What our command remembers is kept in the lab's folder, and each test has a lab of its own.</summary>
    Task<RunResult> RunAsync(
        LabProcess lab, IEnumerable<string> flags, IEnumerable<string> command, ReadOnlyMemory<byte>? input, CancellationToken cancellationToken) =>
        RunningProcess.RunAsync(
            _fairlead.Program, _fairlead.Exec(lab.Kubeconfig, flags, command), input,
            new RunOptions { Environment = _fairlead.Environment(lab.Kubeconfig) }, cancellationToken);

    static async Task<LabProcess> StartWithUsersAsync(CancellationToken cancellationToken)
    {
        string users = Path.Combine(Path.GetTempPath(), $"fairlead-users-{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(users, Users, cancellationToken);
        try
        {
            return await LabProcess.StartAsync(["--users", users], cancellationToken);
        }
        finally
        {
            File.Delete(users); // it was read before the lab was ready
        }
    }
}
