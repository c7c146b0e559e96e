using System.Net.Sockets;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>Our command's port-forward against a real container runtime, which forwards by SPDY alone. The rig's pods have the host's network.</summary>
public sealed class ContainerdPortForwardTests(ContainerdFixture fixture) : IClassFixture<ContainerdFixture>
{
    const long Size = 16L << 20;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The pod ends first: this runtime closes the whole connection when the client's half has ended.</summary>
    [Theory(Timeout = 120_000)]
    [InlineData(CommandLineClient.FairleadSpdy)]
    [InlineData(CommandLineClient.Fairlead)] // its WebSocket is refused: it falls back
    public async Task Bytes_go_both_ways_and_the_pods_end_arrives(string name)
    {
        (ContainerdProcess containerd, ContainerdPod pod) = fixture.Require();
        await using PodsApiFront front = new(containerd, pod);
        using LoopbackListener server = new();
        await using ForwardProcess forward = await ForwardProcess.StartAsync(
            Clients.Require(name), front.WriteKubeconfig(), [$"pod/{pod.Name}", $":{server.Port}"], cancellationToken: Ct);
        using Socket client = await forward.ConnectAsync(cancellationToken: Ct), accepted = await server.AcceptAsync(Ct);
        await using NetworkStream near = new(client), far = new(accepted);
        Task echoing = EchoAsync();

        using RandomByteStream question = new(Size, seed: 11);
        Task asking = question.CopyToAsync(near, 1 << 18, Ct);
        ByteTally answer = await ByteTally.OfAsync(near, cancellationToken: Ct);
        await asking;
        await echoing;

        Assert.Equal(new ByteTally(Size, question.Sha256), answer);

        async Task EchoAsync()
        {
            byte[] buffer = new byte[1 << 16];
            for (long left = Size; left > 0;)
            {
                int count = await far.ReadAsync(buffer, Ct);
                await far.WriteAsync(buffer.AsMemory(0, count), Ct);
                left -= count;
            }

            accepted.Shutdown(SocketShutdown.Send);
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

        try
        {
            Assert.Equal(0, await refused.ReceiveAsync(new byte[1], Ct)); // the runtime ends its streams; whether its reason comes first is not ordered
        }
        catch (SocketException e)
        {
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        }

        await client.SendAsync("x"u8.ToArray(), SocketFlags.None);
        Assert.Equal(1, await accepted.ReceiveAsync(new byte[1], Ct));
        Assert.False(forward.Process.HasExited);
    }
}
