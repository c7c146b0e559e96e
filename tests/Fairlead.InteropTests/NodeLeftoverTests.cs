using Fairlead.Containerd;

namespace Fairlead.InteropTests;

/// <summary>Native commands leave nothing: after many, after a client that was lost, and after a node that was killed.</summary>
public sealed class NodeLeftoverTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    [Fact(Timeout = 600_000)]
    public async Task Many_commands_leave_no_process_and_no_pipe()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(StreamThrough.Native);
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = 4, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, Repository.IsFull ? 1000 : 100, parallel, async (number, token) =>
        {
            await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, number % 10 == 0 ? ["no-such-command"] : ["true"], new() { Stdin = number % 2 == 0 }, token);
            if (number % 7 == 0) return; // some clients do not wait
            Assert.Equal(number % 10 == 0 ? 127 : 0, (await run.WaitForExitAsync(token)).Code);
        });

        await Eventually.HoldsAsync(() => Folders() == 0, "no folder of pipes is left", cancellationToken: cancellationToken);
        // not as many as there were before: what another test of the pod had begun may have been going then
        string left = "";
        try
        {
            await Eventually.HoldsAsync(
                () => (left = string.Join(" | ", fixture.Pod.CommandLines().Where(static line => line != "sleep 2147483647"))).Length == 0,
                "only the container's own process is left", cancellationToken: cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; these run: {left}", e);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_lost_client_takes_its_command_with_it_and_nothing_else()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(StreamThrough.Native);
        await using RemoteProcess other = await client.ExecAsync(fixture.PodReference, ["sh", "-c", "sleep 777; true"], new(), cancellationToken);
        await using RemoteProcess run = await client.ExecAsync(
            fixture.PodReference, ["sh", "-c", "setsid sleep 999 & sleep 999; true"], new(), cancellationToken);
        await Eventually.HoldsAsync(() => Count("999") == 3 && Count("777") >= 2, "all of them run", cancellationToken: cancellationToken); // the shell's own arguments too
        run.Abort();

        await Eventually.HoldsAsync(() => Count("999") == 0, "the lost client's command is gone", cancellationToken: cancellationToken);
        Assert.True(Count("777") >= 2);
        Assert.True(Count("2147483647") >= 1); // the main process
    }

    [Fact(Timeout = 180_000)]
    public async Task What_a_killed_node_left_is_ended_by_the_next()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        fixture.Kubeconfig(StreamThrough.Native);
        string kubeconfig = Path.Combine(fixture.Containerd.Folder.Root, "kubeconfig-killed");
        await using (RunningProcess node = Start(kubeconfig))
        {
            await node.Stdout!.LineAsync("ready ", cancellationToken);
            using StreamingClient client = StreamingClient.FromKubeconfig(kubeconfig);
            await using RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["sh", "-c", "setsid sleep 555 & sleep 555; true"], new() { Stdin = true }, cancellationToken);
            await Eventually.HoldsAsync(() => Count("555") == 3, "the command runs", cancellationToken: cancellationToken);
            node.KillTree();
            await node.WaitForExitAsync(cancellationToken);
            Assert.True(Count("555") >= 2); // else the rest shows nothing
        }

        await using RunningProcess next = Start(kubeconfig);
        await next.Stdout!.LineAsync("ready ", cancellationToken);
        await Eventually.HoldsAsync(() => Count("555") == 0, "the killed node's command is gone", cancellationToken: cancellationToken);
        Assert.Equal(0, Folders());
        Assert.Contains("is ended", next.Stderr.Text, StringComparison.Ordinal);
        Assert.Equal(0, await next.TerminateAsync(cancellationToken));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("keep")]
    [InlineData("hangup")]
    public async Task A_command_that_was_kept_ends_with_its_node(string policy)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        fixture.Kubeconfig(StreamThrough.Native);
        string kubeconfig = Path.Combine(fixture.Containerd.Folder.Root, "kubeconfig-" + policy);
        await using RunningProcess node = Start(kubeconfig, "--lost-client", policy);
        await node.Stdout!.LineAsync("ready ", cancellationToken);
        using StreamingClient client = StreamingClient.FromKubeconfig(kubeconfig);
        await using (RemoteProcess run = await client.ExecAsync(fixture.PodReference, ["sh", "-c", "trap '' HUP; sleep 444; true"], new() { Stdin = true }, cancellationToken))
        {
            await Eventually.HoldsAsync(() => Count("sleep 444") == 2, "the command runs", cancellationToken: cancellationToken);
            run.Abort();
        }

        Assert.Equal(0, await node.TerminateAsync(cancellationToken));
        Assert.Equal(0, Count("444"));
        Assert.Equal(0, Folders());
    }

    RunningProcess Start(string kubeconfig, params string[] more) => RunningProcess.Start(
        Repository.Command, ["node", "--cri", "unix://" + fixture.Containerd.Socket, "--state-dir", fixture.StateFolder, "--write-kubeconfig", kubeconfig, .. more]);

    int Folders() => Directory.EnumerateDirectories(fixture.StateFolder, "fairlead-*", SearchOption.AllDirectories).Count();

    int Count(string argument) => fixture.Pod.CommandLines().Count(line => line.Contains(argument, StringComparison.Ordinal));
}
