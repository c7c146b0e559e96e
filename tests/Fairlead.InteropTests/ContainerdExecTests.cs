using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>Our command against a real container runtime, whose streaming server answers SPDY and refuses v5 over WebSocket.</summary>
public sealed class ContainerdExecTests(ContainerdFixture fixture) : IClassFixture<ContainerdFixture>
{
    readonly CommandLineClient _spdy = CommandLineClient.Find(CommandLineClient.FairleadSpdy);

    [Fact(Timeout = 120_000)]
    public async Task Piped_input_ends_where_the_pipe_ends()
    {
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        await using PodsApiFront front = new(containerd, pod);

        RunResult result = await RunAsync(_spdy, front, ["-i"], ["wc", "-c"], "abc"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("3", result.Stdout.Trim());
        Assert.Null(_spdy.WhyNotAsMeant(result.Stderr));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_remote_exit_code_and_both_outputs_arrive()
    {
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        await using PodsApiFront front = new(containerd, pod);

        RunResult result = await RunAsync(_spdy, front, [], ["sh", "-c", "echo to-out; echo to-err >&2; exit 7"], null, TestContext.Current.CancellationToken);

        Assert.True(result.ExitCode == 7, result.ToString());
        Assert.Equal("to-out\n", result.Stdout);
        Assert.Contains("to-err\n", result.Stderr, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_command_that_does_not_exist_fails_with_the_runtimes_reason()
    {
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        await using PodsApiFront front = new(containerd, pod);

        RunResult result = await RunAsync(_spdy, front, ["-i"], ["no-such-command-anywhere"], "unread"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("no-such-command-anywhere", result.Stderr, StringComparison.Ordinal);
        Assert.Contains("executable file not found", result.Stderr, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_terminal_has_the_callers_size()
    {
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        Assert.SkipUnless(PseudoTerminal.IsHere, "script (util-linux) is not here");
        await using PodsApiFront front = new(containerd, pod);
        string kubeconfig = front.WriteKubeconfig();

        // the size follows the start on a stream of its own, and containerd's runtime sets it when it comes
        RunResult result = await PseudoTerminal.RunAsync(
            rows: 33, columns: 101, _spdy.Program,
            _spdy.Exec(kubeconfig, ["-it"], "sh", "-c", "until stty size | grep -q '^33 101$'; do usleep 10000; done; stty size; test -t 0 && test -t 1 && exit 5"),
            _spdy.Environment(kubeconfig), TestContext.Current.CancellationToken);

        Assert.Contains("33 101", result.Stdout, StringComparison.Ordinal);
        Assert.True(result.ExitCode == 5, result.ToString());
    }

    [Fact(Timeout = 600_000)]
    public async Task Many_bytes_go_both_ways_at_once()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        await using PodsApiFront front = new(containerd, pod);
        string kubeconfig = front.WriteKubeconfig();
        long size = Repository.IsFull ? 1L << 30 : 64L << 20;
        await using RunningProcess run = RunningProcess.Start(
            _spdy.Program, _spdy.Exec(kubeconfig, ["-i"], "cat"),
            new RunOptions { Stdin = true, RawStdout = true, Environment = _spdy.Environment(kubeconfig) });

        using RandomByteStream bytes = new(size, seed: 7);
        Task<ByteTally> back = ByteTally.OfAsync(run.StandardOutput, cancellationToken: cancellationToken);
        await bytes.CopyToAsync(run.StandardInput, 1 << 18, cancellationToken);
        await run.StandardInput.DisposeAsync();

        Assert.Equal(new ByteTally(size, bytes.Sha256), await back);
        Assert.Equal(0, await run.WaitForExitAsync(cancellationToken));
    }

    [Fact(Timeout = 120_000)]
    public async Task Auto_finds_SPDY_after_the_runtimes_refusal()
    {
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        await using PodsApiFront front = new(containerd, pod);

        RunResult result = await RunAsync(CommandLineClient.Find(CommandLineClient.Fairlead), front, ["-i"], ["wc", "-c"], "abcd"u8.ToArray(), TestContext.Current.CancellationToken);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("4", result.Stdout.Trim());
        Assert.Contains("connected by SPDY/3.1 v4.channel.k8s.io", result.Stderr, StringComparison.Ordinal);
        Assert.Contains("403 Forbidden", result.Stderr, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Attach_reaches_the_main_process_and_ends_its_input()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (ContainerdProcess containerd, _) = fixture.Require();
        ContainerdPod pod = await containerd.RunPodAsync(new() { Name = "attached", Command = ["cat"], Stdin = true, StdinOnce = true }, cancellationToken);
        await using PodsApiFront front = new(containerd, pod);
        string kubeconfig = front.WriteKubeconfig();

        RunResult result = await RunningProcess.RunAsync(
            _spdy.Program, ["attach", "--kubeconfig", kubeconfig, "-v", "--transport", "spdy", "-i", pod.Name], "abc"u8.ToArray(),
            new RunOptions { Environment = _spdy.Environment(kubeconfig) }, cancellationToken);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("abc", result.Stdout);
        Assert.Null(_spdy.WhyNotAsMeant(result.Stderr));
    }

    static Task<RunResult> RunAsync(
        CommandLineClient client, PodsApiFront front, IEnumerable<string> flags, IEnumerable<string> command, ReadOnlyMemory<byte>? input, CancellationToken cancellationToken)
    {
        string kubeconfig = front.WriteKubeconfig();
        return RunningProcess.RunAsync(
            client.Program, client.Exec(kubeconfig, flags, command), input, new RunOptions { Environment = client.Environment(kubeconfig) }, cancellationToken);
    }
}
