using System.Net;
using System.Net.Sockets;
using Fairlead.Client;
using Fairlead.Containerd;
using Fairlead.Streaming.PortForward;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>Ports of real containers, through the node.</summary>
public sealed class NodePortForwardTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    [Fact(Timeout = 60_000)]
    public async Task An_answer_long_after_the_half_close_arrives()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(StreamThrough.Native);
        int port = FreePort();
        // longer than the second after which the runtime's own forwarding cuts
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(
            new() { Name = "answers-late", Command = ["sh", "-c", $"nc -l -p {port} -e sh -c 'wc -c > /counted; sleep 2; cat /counted'; exec sleep 600"] }, cancellationToken);
        PodReference reference = new(pod.Name, pod.Namespace, pod.Container);
        await using RemoteProcess listening = await client.ExecAsync(
            reference, ["sh", "-c", $"until netstat -ltn | grep -q :{port}; do sleep 0.1; done"], new(), cancellationToken);
        Assert.Equal(0, (await listening.WaitForExitAsync(cancellationToken)).Code);

        await using ForwardedStream connection = await client.ConnectAsync(reference, port, cancellationToken: cancellationToken);
        await connection.WriteAsync(new byte[300_000], cancellationToken);
        await connection.CompleteWritesAsync(cancellationToken);
        using StreamReader answer = new(connection, leaveOpen: true);

        Assert.Equal("300000\n", await answer.ReadToEndAsync(cancellationToken));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_port_that_nobody_listens_on_is_refused()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(StreamThrough.Native);
        ForwardResetException refused = await Assert.ThrowsAsync<ForwardResetException>(async () =>
        {
            await using ForwardedStream connection = await client.ConnectAsync(fixture.PodReference, FreePort(), cancellationToken: cancellationToken);
            await connection.ReadExactlyAsync(new byte[1], cancellationToken);
        });

        Assert.Contains("refused", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The rig's pods have the host's network.</summary>
    static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
