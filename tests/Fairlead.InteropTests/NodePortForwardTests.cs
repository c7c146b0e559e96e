using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Containerd;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests;

/// <summary>Ports of real containers, through the node.</summary>
public sealed class NodePortForwardTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    static readonly long Size = (Repository.IsFull ? 256L : 64L) << 20;

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

    [Theory(Timeout = 180_000)]
    [MemberData(nameof(NodeFixture.Ways), MemberType = typeof(NodeFixture))]
    public async Task Bytes_go_both_ways_at_once(StreamThrough way)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using StreamingClient client = fixture.Client(way);
        using LoopbackListener server = new();
        await using ForwardedStream near = await client.ConnectAsync(fixture.PodReference, server.Port, cancellationToken: cancellationToken);
        using Socket accepted = await server.AcceptAsync(cancellationToken);
        await using NetworkStream far = new(accepted);
        using RandomByteStream up = new(Size, seed: 1), down = new(Size, seed: 2);

        Task sent = up.CopyToAsync(near, 1 << 16, cancellationToken), answered = down.CopyToAsync(far, 1 << 16, cancellationToken);
        Task<string> receivedUp = HashAsync(far, cancellationToken), receivedDown = HashAsync(near, cancellationToken);
        await Task.WhenAll(sent, answered, receivedUp, receivedDown);

        Assert.Equal(up.Sha256, await receivedUp);
        Assert.Equal(down.Sha256, await receivedDown);
    }

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(NodeFixture.Ways), MemberType = typeof(NodeFixture))]
    public async Task The_pods_end_of_data_arrives_and_the_clients_after_it(StreamThrough way)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (StreamingClient client, LoopbackListener server, ForwardedStream near, Socket far) = await ConnectAsync(way, cancellationToken);
        using (client)
        using (server)
        using (far)
        await using (near)
        {
            await near.WriteAsync("question"u8.ToArray(), cancellationToken);
            byte[] question = new byte[8];
            await ReadAsync(far, question, cancellationToken);
            await far.SendAsync("answer"u8.ToArray(), SocketFlags.None, cancellationToken);
            far.Shutdown(SocketShutdown.Send);
            using StreamReader answer = new(near, leaveOpen: true);
            Assert.Equal("answer", await answer.ReadToEndAsync(cancellationToken));
            await near.CompleteWritesAsync(cancellationToken);
            Assert.Equal(0, await far.ReceiveAsync(new byte[1], SocketFlags.None, cancellationToken));
        }
    }

    /// <summary>The answer begins after the end of the question.</summary>
    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Clients.All), MemberType = typeof(Clients))]
    public async Task Every_client_forwards_and_ends_its_half(string name)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        string kubeconfig = fixture.Kubeconfig(StreamThrough.Native);
        using LoopbackListener server = new();
        await using ForwardProcess forward = await ForwardProcess.StartAsync(Clients.Require(name), kubeconfig, ["pod/demo", $":{server.Port}"], cancellationToken: cancellationToken);
        using Socket client = await forward.ConnectAsync(cancellationToken: cancellationToken), far = await server.AcceptAsync(cancellationToken);
        await using NetworkStream near = new(client), pod = new(far);
        using RandomByteStream question = new(8 << 20, seed: 3);
        Task asking = AskAsync();
        ByteTally arrived = await ByteTally.OfAsync(pod, cancellationToken: cancellationToken);
        await asking;
        Assert.Equal(new ByteTally(question.Length, question.Sha256), arrived);
        await pod.WriteAsync("answer"u8.ToArray(), cancellationToken);
        far.Shutdown(SocketShutdown.Send);
        using StreamReader answer = new(near, leaveOpen: true);

        Assert.Equal("answer", await answer.ReadToEndAsync(cancellationToken));

        async Task AskAsync()
        {
            await question.CopyToAsync(near, 1 << 16, cancellationToken);
            client.Shutdown(SocketShutdown.Send);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reset_by_the_pod_arrives_as_a_reset()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (StreamingClient client, LoopbackListener server, ForwardedStream near, Socket far) = await ConnectAsync(StreamThrough.Native, cancellationToken);
        using (client)
        using (server)
        await using (near)
        {
            far.LingerState = new LingerOption(true, 0);
            far.Dispose();
            await Assert.ThrowsAsync<ForwardResetException>(async () => await near.ReadExactlyAsync(new byte[1], cancellationToken));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_reset_by_the_client_reaches_the_pod_as_a_reset()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        (StreamingClient client, LoopbackListener server, ForwardedStream near, Socket far) = await ConnectAsync(StreamThrough.Native, cancellationToken);
        using (client)
        using (server)
        using (far)
        await using (near)
        {
            near.Abort();
            SocketException reset = await Assert.ThrowsAsync<SocketException>(async () => await far.ReceiveAsync(new byte[1], SocketFlags.None, cancellationToken));
            Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        }
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

    async Task<(StreamingClient Client, LoopbackListener Server, ForwardedStream Near, Socket Far)> ConnectAsync(StreamThrough way, CancellationToken cancellationToken)
    {
        StreamingClient client = fixture.Client(way);
        LoopbackListener server = new();
        ForwardedStream near = await client.ConnectAsync(fixture.PodReference, server.Port, cancellationToken: cancellationToken);
        return (client, server, near, await server.AcceptAsync(cancellationToken));
    }

    /// <summary>Of the first bytes alone: the runtime's own forwarding ends both directions when one has ended.</summary>
    static async Task<string> HashAsync(Stream stream, CancellationToken cancellationToken)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        for (long left = Size; left > 0;)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
            if (read == 0) throw new EndOfStreamException($"{left} bytes before the end");
            hash.AppendData(buffer, 0, read);
            left -= read;
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    static async Task ReadAsync(Socket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty) buffer = buffer[await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken)..];
    }

    /// <summary>The rig's pods have the host's network.</summary>
    static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
