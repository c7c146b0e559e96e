using System.Diagnostics;
using Fairlead.Containerd;

namespace Fairlead.InteropTests.Handover;

/// <summary>A node is replaced under its clients: the socket is held by who started it, and no connection is refused.</summary>
public sealed class NodeHandoverTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    const int HangUp = 1;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reload_starts_a_new_process_at_once_and_the_old_one_goes_when_its_sessions_have_ended()
    {
        using NodeService service = Service();
        await using RunningProcess first = service.Start();
        Assert.Equal(first.Id, await service.ServesAsync(Token));
        using StreamingClient client = service.Connect();
        List<(RemoteProcess Process, StreamReader Output)> running = await BeginAsync(client);

        using CancellationTokenSource enough = new();
        Task<(int Count, IReadOnlyList<string> Faults)> asking = service.AskUntilAsync(enough.Token);
        Assert.True(first.Signal(HangUp));
        int second = await service.ServesAsync(Token);
        Assert.NotEqual(first.Id, second);
        try
        {
            using (StreamingClient late = service.Connect())
            {
                await using RemoteProcess next = await late.ExecAsync(fixture.PodReference, ["echo", "next"], new(), Token);
                Assert.Equal("next\n", await next.StandardOutput.ReadToEndAsync(cancellationToken: Token));
            }

            foreach ((RemoteProcess process, StreamReader output) in running)
            {
                Assert.False(first.HasExited);
                await process.StandardInput.WriteAsync("on\n"u8.ToArray(), Token);
                Assert.Equal("got on", await output.ReadLineAsync(Token));
                Assert.Equal(5, (await process.WaitForExitAsync(Token)).Code);
                await process.DisposeAsync();
            }

            client.Dispose();
            Assert.Equal(0, await first.WaitForItselfAsync(Token));
            await enough.CancelAsync();
            (int count, IReadOnlyList<string> faults) = await asking;
            Assert.Empty(faults);
            Assert.True(count > 0);
        }
        finally
        {
            await EndAsync(second);
        }
    }

    [Fact]
    public async Task A_restart_refuses_nobody_and_what_comes_meanwhile_waits()
    {
        using NodeService service = Service();
        await using RunningProcess first = service.Start();
        await service.ServesAsync(Token);
        using StreamingClient client = service.Connect();
        List<(RemoteProcess Process, StreamReader Output)> running = await BeginAsync(client);
        using CancellationTokenSource enough = new();
        Task<(int Count, IReadOnlyList<string> Faults)> asking = service.AskUntilAsync(enough.Token);
        for (RunningProcess process = first; ;)
        {
            Assert.Equal(0, await process.TerminateAsync(Token)); // which waits for nobody's session for ever, and tells each
            foreach ((RemoteProcess cut, _) in running)
            {
                await Assert.ThrowsAnyAsync<IOException>(() => cut.WaitForExitAsync(Token).AsTask());
                await cut.DisposeAsync();
            }

            running.Clear();
            if (process != first) break;
            process = service.Start();
            Assert.Equal(process.Id, await service.ServesAsync(Token));
            await enough.CancelAsync();
            Assert.Empty((await asking).Faults);
        }
    }

    [Fact]
    public async Task A_new_process_that_cannot_serve_leaves_the_old_one_in_its_place()
    {
        using NodeService service = Service();
        await using RunningProcess first = service.Start();
        await service.ServesAsync(Token);
        service.Spoil();
        Assert.True(first.Signal(HangUp));
        await first.Stderr.ContainsAsync("No new process has taken over", Token);
        using StreamingClient client = service.Connect();
        await using RemoteProcess next = await client.ExecAsync(fixture.PodReference, ["echo", "still"], new(), Token);
        Assert.Equal("still\n", await next.StandardOutput.ReadToEndAsync(cancellationToken: Token));
        Assert.Equal(0, await first.TerminateAsync(Token));
    }

    /// <summary>Fifty sessions, each waiting for a line.</summary>
    async Task<List<(RemoteProcess Process, StreamReader Output)>> BeginAsync(StreamingClient client)
    {
        List<(RemoteProcess Process, StreamReader Output)> begun = [];
        for (int i = 0; i < 50; i++)
        {
            RemoteProcess process = await client.ExecAsync(
                fixture.PodReference, ["sh", "-c", "echo begun; read line; echo got $line; exit 5"], new() { Stdin = true }, Token);
            StreamReader output = new(process.StandardOutput.AsStream());
            Assert.Equal("begun", await output.ReadLineAsync(Token));
            begun.Add((process, output));
        }

        return begun;
    }

    static async Task EndAsync(int process)
    {
        using Process running = Process.GetProcessById(process);
        Assert.Equal(0, (await RunningProcess.RunAsync("kill", [process.ToString()], cancellationToken: Token)).ExitCode);
        await running.WaitForExitAsync(Token);
    }

    NodeService Service()
    {
        _ = fixture.Kubeconfig(StreamThrough.Native); // skips where there is no containerd
        return new NodeService("unix://" + fixture.Containerd.Socket, fixture.StateFolder);
    }
}
