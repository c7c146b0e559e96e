using System.Net.Sockets;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>Our command's port-forward against a real container runtime, which forwards by SPDY alone. The rig's pods have the host's network.</summary>
public sealed class ContainerdPortForwardTests(ContainerdFixture fixture) : IClassFixture<ContainerdFixture>
{
    const long Size = 16L << 20;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData(CommandLineClient.FairleadSpdy)]
    [InlineData(CommandLineClient.Fairlead)] // its WebSocket is refused: it falls back
    public async Task Bytes_go_both_ways_and_the_answer_comes_after_the_half_close(string name)
    {
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        await using PodsApiFront front = new(containerd, pod);
        using LoopbackListener server = new();
        await using ForwardProcess forward = await ForwardProcess.StartAsync(
            Clients.Require(name), front.WriteKubeconfig(), [$"pod/{pod.Name}", $":{server.Port}"], cancellationToken: Ct);
        using Socket client = await forward.ConnectAsync(cancellationToken: Ct);
        Task<ByteTally> answering = AnswerAsync();

        using RandomByteStream question = new(Size, seed: 11);
        await using NetworkStream stream = new(client);
        await question.CopyToAsync(stream, 1 << 18, Ct);
        client.Shutdown(SocketShutdown.Send);
        ByteTally answer = await ByteTally.OfAsync(stream, cancellationToken: Ct);

        Assert.Equal(new ByteTally(Size, question.Sha256), await answering);
        Assert.Equal(4, answer.Length);

        async Task<ByteTally> AnswerAsync()
        {
            using Socket accepted = await server.AcceptAsync(Ct);
            await using NetworkStream peer = new(accepted);
            ByteTally tally = await ByteTally.OfAsync(peer, cancellationToken: Ct);
            await peer.WriteAsync("done"u8.ToArray(), Ct); // at once: the runtime cuts a half-closed connection after a second
            return tally;
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_port_that_nobody_listens_on_ends_its_own_connection()
    {
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        await using PodsApiFront front = new(containerd, pod);
        using LoopbackListener server = new();
        int closed;
        using (LoopbackListener gone = new()) closed = gone.Port;
        await using ForwardProcess forward = await ForwardProcess.StartAsync(
            Clients.Require(CommandLineClient.FairleadSpdy), front.WriteKubeconfig(), [$"pod/{pod.Name}", $":{server.Port}", $":{closed}"], listeners: 2, cancellationToken: Ct);
        using Socket client = await forward.ConnectAsync(0, Ct), accepted = await server.AcceptAsync(Ct);
        using Socket refused = await forward.ConnectAsync(1, Ct);

        SocketException reset = await Assert.ThrowsAsync<SocketException>(async () => await refused.ReceiveAsync(new byte[1], Ct));

        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        await client.SendAsync("x"u8.ToArray(), SocketFlags.None);
        Assert.Equal(1, await accepted.ReceiveAsync(new byte[1], Ct));
        Assert.False(forward.Process.HasExited);
    }
}
