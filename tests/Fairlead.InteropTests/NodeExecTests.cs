using System.IO.Pipelines;
using System.Net;
using Fairlead.Containerd;
using Fairlead.Node;
using Fairlead.Testing.Containerd;
using Fairlead.Wire;

namespace Fairlead.InteropTests;

/// <summary>Commands in real containers, through the node, both ways, with each version of the runtime.</summary>
public abstract class NodeExecTests(NodeFixture fixture)
{
    /// <summary>Everything that a command can see of its own rights and surroundings.</summary>
    const string Surroundings = "id; grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups|Uid|Gid)' /proc/self/status; pwd; env | sort; ulimit -a; cat /proc/self/cgroup; cat /proc/self/oom_score_adj";

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(NodeFixture.Ways), MemberType = typeof(NodeFixture))]
    public async Task A_terminal_has_its_size_and_its_changes(StreamThrough way)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(way);
        await using RemoteProcess run = await client.ExecAsync(
            fixture.PodReference, ["sh", "-c", "trap 'stty size' WINCH; echo ready; while :; do read -t 1 line && exit 3; done"], new() { Stdin = true, Tty = true }, cancellationToken);
        using StreamReader output = new(run.StandardOutput.AsStream());
        Assert.Equal("ready", await output.ReadLineAsync(cancellationToken));
        await run.ResizeAsync(new TerminalSize(97, 31), cancellationToken);
        Assert.Equal("31 97", await output.ReadLineAsync(cancellationToken));
        await run.StandardInput.WriteAsync("\n"u8.ToArray(), cancellationToken);

        Assert.Equal(3, (await run.WaitForExitAsync(cancellationToken)).Code);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_ways_are_the_same_to_the_command(bool tty)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient native = fixture.Client(StreamThrough.Native), cri = fixture.Client(StreamThrough.Cri);
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(new()
        {
            Name = $"narrow-{(tty ? "tty" : "plain")}",
            WorkingDirectory = "/proc",
            Security = security =>
            {
                security.RunAsUser = new() { Value = 1234 };
                security.RunAsGroup = new() { Value = 2345 };
                security.SupplementalGroups.AddRange([3456, 4567]);
                security.Capabilities = new() { DropCapabilities = { "NET_RAW", "CHOWN" } };
                security.NoNewPrivs = true;
                security.ReadonlyRootfs = true;
                security.Seccomp = new();
            },
        }, cancellationToken);

        string one = await OutputOf(native), other = await OutputOf(cri);
        Assert.Contains("uid=1234", one, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1", one, StringComparison.Ordinal);
        Assert.Equal(other, one);

        async Task<string> OutputOf(StreamingClient client)
        {
            await using RemoteProcess run = await client.ExecAsync(new(pod.Name, pod.Namespace, pod.Container), ["sh", "-c", Surroundings], new() { Tty = tty }, cancellationToken);
            string output = await run.StandardOutput.ReadToEndAsync(cancellationToken: cancellationToken);
            Assert.Equal(0, (await run.WaitForExitAsync(cancellationToken)).Code);
            return output;
        }
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(NodeFixture.Ways), MemberType = typeof(NodeFixture))]
    public async Task An_input_ends_and_the_code_comes_back(StreamThrough way)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(way);
        await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["sh", "-c", "wc -c; exit 7"], new() { Stdin = true }, cancellationToken);
        await run.StandardInput.WriteAsync(new byte[100_000], cancellationToken);
        await run.StandardInput.CompleteAsync();

        Assert.Equal("100000\n", await run.StandardOutput.ReadToEndAsync(cancellationToken: cancellationToken));
        Assert.Equal(7, (await run.WaitForExitAsync(cancellationToken)).Code);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(NodeFixture.Ways), MemberType = typeof(NodeFixture))]
    public async Task A_port_in_a_network_of_the_pods_own_is_reached(StreamThrough way)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(way);
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(
            new() { Name = $"apart-{way}".ToLowerInvariant(), OwnNetwork = true, Command = ["nc", "-ll", "-p", "7070", "-e", "sh", "-c", "read line; echo got $line; wc -c"] }, cancellationToken);
        PodReference reference = new(pod.Name, pod.Namespace, pod.Container);
        await using RemoteProcess listening = await client.ExecAsync(reference, ["sh", "-c", "until netstat -ltn | grep -q :7070; do sleep 0.1; done"], new(), cancellationToken);
        Assert.Equal(0, (await listening.WaitForExitAsync(cancellationToken)).Code);
        await using ForwardedStream connection = await client.ConnectAsync(reference, 7070, cancellationToken: cancellationToken);
        await connection.WriteAsync("hello\n"u8.ToArray(), cancellationToken);
        using StreamReader answer = new(connection, leaveOpen: true);
        Assert.Equal("got hello", await answer.ReadLineAsync(cancellationToken));
        if (way == StreamThrough.Cri) return; // the runtime's own forwarding ends both directions when one has ended
        await connection.WriteAsync(new byte[1000], cancellationToken);
        await connection.CompleteWritesAsync(cancellationToken);

        Assert.Equal("1000", await answer.ReadLineAsync(cancellationToken));
        Assert.Null(await answer.ReadLineAsync(cancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_main_process_is_joined_and_sees_the_end_of_input()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(StreamThrough.Cri);
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(new() { Name = "counts", Stdin = true, StdinOnce = true, Command = ["wc", "-c"] }, cancellationToken);
        await using RemoteProcess run = await client.AttachAsync(new(pod.Name, pod.Namespace, pod.Container), new() { Stdin = true }, cancellationToken);
        await run.StandardInput.WriteAsync(new byte[12345], cancellationToken);
        await run.StandardInput.CompleteAsync();

        Assert.Equal("12345\n", await run.StandardOutput.ReadToEndAsync(cancellationToken: cancellationToken));
    }

    [Fact(Timeout = 300_000)]
    public async Task An_input_outlives_a_closed_output()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        long size = (Repository.IsFull ? 500L : 64L) * 1024 * 1024;
        using StreamingClient client = fixture.Client(StreamThrough.Native);
        await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["sh", "-c", "exec 1>&-; sleep 1; sha256sum >&2"], new() { Stdin = true }, cancellationToken);
        Task<string> told = run.StandardError.ReadToEndAsync(cancellationToken: cancellationToken);
        using RandomByteStream bytes = new(size, seed: 6);
        await bytes.CopyToAsync(run.StandardInput.AsStream(leaveOpen: true), cancellationToken);
        await run.StandardInput.CompleteAsync();

        Assert.StartsWith(bytes.Sha256, await told, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, (await run.WaitForExitAsync(cancellationToken)).Code);
    }

    [Theory(Timeout = 300_000)]
    [InlineData(StreamThrough.Native, Transport.WebSocket)]
    [InlineData(StreamThrough.Native, Transport.Spdy)]
    [InlineData(StreamThrough.Cri, Transport.WebSocket)]
    [InlineData(StreamThrough.Cri, Transport.Spdy)]
    public async Task Much_arrives_whole_both_ways(StreamThrough way, Transport transport)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(way);
        await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["cat"], new() { Stdin = true, Transport = transport }, cancellationToken);
        using RandomByteStream bytes = new((Repository.IsFull ? 256L : 64L) * 1024 * 1024, seed: 7);
        Task<string> sum = Sha256OfAsync(run.StandardOutput.AsStream(), cancellationToken);
        await bytes.CopyToAsync(run.StandardInput.AsStream(leaveOpen: true), cancellationToken);
        await run.StandardInput.CompleteAsync();

        Assert.Equal(bytes.Sha256, await sum, ignoreCase: true);
        Assert.Equal(0, (await run.WaitForExitAsync(cancellationToken)).Code);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_command_that_is_not_there_is_told_as_by_a_shell()
    {
        using StreamingClient client = fixture.Client(StreamThrough.Native);
        await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["no-such-command"], new(), TestContext.Current.CancellationToken);
        string said = await run.StandardError.ReadToEndAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(127, (await run.WaitForExitAsync(TestContext.Current.CancellationToken)).Code);
        Assert.Contains("not found", said, StringComparison.Ordinal);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(StreamThrough.Native, true)]
    [InlineData(StreamThrough.Native, false)]
    [InlineData(StreamThrough.Cri, true)]
    [InlineData(StreamThrough.Cri, false)]
    public async Task One_output_alone_may_be_asked_for(StreamThrough way, bool stdout)
    {
        using StreamingClient client = fixture.Client(way);
        await using RemoteProcess run = await client.ExecAsync(
            fixture.PodReference, ["sh", "-c", "echo out; echo err >&2; exit 3"], new() { Stdout = stdout, Stderr = !stdout }, TestContext.Current.CancellationToken);
        PipeReader output = stdout ? run.StandardOutput : run.StandardError;

        Assert.Equal(stdout ? "out\n" : "err\n", await output.ReadToEndAsync(cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(3, (await run.WaitForExitAsync(TestContext.Current.CancellationToken)).Code);
    }

    [Theory(Timeout = 60_000), Trait("Case", "B9")]
    [InlineData(StreamThrough.Native, "closes and hangs up")]
    [InlineData(StreamThrough.Native, "resets")]
    [InlineData(StreamThrough.Cri, "closes and hangs up")]
    [InlineData(StreamThrough.Cri, "resets")]
    public async Task A_session_whose_client_goes_with_the_status_has_ended_in_order(StreamThrough way, string how)
    {
        _ = fixture.Kubeconfig(way); // skips where there is no node
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        LogRecorder logged = new();
        NodeOptions options = fixture.Options(way);
        string state = Path.Combine(fixture.Containerd.Folder.Root, $"leaving-{way}-{how.Length}"); // a node has one of its own
        await using NodeServer node = await NodeServer.StartAsync(options with { Logging = logged, Runtime = options.Runtime with { StateFolder = state } }, cancellationToken);
        PodReference pod = fixture.PodReference;
        await using RawWebSocket client = await RawWebSocket.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, node.Url.Port), $"/api/v1/namespaces/{pod.Namespace}/pods/{pod.Name}/exec?container={pod.Container}&stdout=true&command=true",
            tls: true, headers: [$"Authorization: Bearer {options.Users[0].Token}"], cancellationToken: cancellationToken);
        while (await client.ReadFrameAsync(cancellationToken) is { } frame)
        {
            if (frame.Payload is not [3, .. var status]) continue; // comes before it
            Assert.Equal(Status.Success, Status.TryParse(status));
            break;
        }

        if (how == "resets") client.Reset();
        else await client.SendAsync(RawWebSocketFrames.Encode(8, [0x03, 0xe8]), cancellationToken);
        await client.DisposeAsync();
        await Eventually.HoldsAsync(
            () => logged.Entries.Any(static entry => entry.Text.Contains(" ended: ", StringComparison.Ordinal)), "the session is over", cancellationToken: cancellationToken);
        Assert.Contains(logged.Entries, static entry => entry.Text.Contains(" ended: Success", StringComparison.Ordinal));
        Assert.DoesNotContain(
            logged.Entries,
            static entry => !entry.Text.StartsWith("WebSocket ", StringComparison.Ordinal) // a reset can come before the carrier's own Close
                && (entry.Text.Contains("lost", StringComparison.OrdinalIgnoreCase) || entry.Failure is not null));
    }

    static async Task<string> Sha256OfAsync(Stream stream, CancellationToken cancellationToken) =>
        Convert.ToHexStringLower(await System.Security.Cryptography.SHA256.HashDataAsync(stream, cancellationToken));
}

/// <summary>With containerd 1.6, and every client.</summary>
public sealed class NodeExecOnContainerd16Tests(NodeFixture fixture) : NodeExecTests(fixture), IClassFixture<NodeFixture>
{
    readonly NodeFixture _fixture = fixture;

    /// <summary>Each way with each client.</summary>
    public static TheoryData<StreamThrough, string> WaysAndClients { get; } = new(
        from way in NodeFixture.Ways.Select(row => row.Data) from client in Clients.All.Select(row => row.Data) select (way, client));

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(WaysAndClients))]
    public async Task Input_ends_and_codes_come_back(StreamThrough way, string name)
    {
        string kubeconfig = _fixture.Kubeconfig(way);
        CommandLineClient client = Clients.Require(name);
        RunOptions options = new() { Environment = client.Environment(kubeconfig) };
        RunResult counted = await RunningProcess.RunAsync(
            client.Program, client.Exec(kubeconfig, ["-i"], "sh", "-c", "wc -c; echo warned >&2; exit 7"), new byte[100_000], options, TestContext.Current.CancellationToken);

        Assert.Equal("100000\n", counted.Stdout);
        Assert.Contains("warned", counted.Stderr, StringComparison.Ordinal);
        Assert.Equal(7, counted.ExitCode);
    }
}

/// <summary>With containerd 1.7.</summary>
public sealed class NodeExecOnContainerd17Tests(NodeFixture17 fixture) : NodeExecTests(fixture), IClassFixture<NodeFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class NodeExecOnContainerd2Tests(NodeFixture2 fixture) : NodeExecTests(fixture), IClassFixture<NodeFixture2>;
