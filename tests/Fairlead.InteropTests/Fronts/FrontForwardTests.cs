using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Spdy.PortForward;
using Fairlead.Testing.Containerd;
using Fairlead.Upgrades;
using Fairlead.Wire.PortForward;

namespace Fairlead.InteropTests.Fronts;

/// <summary>Ports of real containers, at a front before a kubelet: ends and resets in every form, and what API servers ask for them with.</summary>
public abstract class FrontForwardTests(ContainerdFrontFixture fixture)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Forms => ContainerdFrontTests.Forms;

    /// <summary>The API servers at which a node sees SPDY without a tunnel.</summary>
    public static TheoryData<string> SpdySenders { get; } = [ApiServerRequest.Passing136Spdy, ApiServerRequest.Translating130, ApiServerRequest.Passing120];

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_reset_by_the_pod_is_a_reset_and_the_connection_beside_it_goes_on(string form)
    {
        using UpgradeDialer dialer = fixture.Door().Dialer();
        using LoopbackListener server = new();
        await using ForwardSession session = await OpenAsync(dialer, server.Port, form);
        await using ForwardedStream near = await session.ConnectAsync(server.Port, Ct), beside = await session.ConnectAsync(server.Port, Ct);
        Dictionary<byte, Socket> far = await PairAsync(server, near, beside);
        using Socket other = far[1];
        far[0].LingerState = new LingerOption(true, 0);
        far[0].Dispose();
        await Assert.ThrowsAsync<ForwardResetException>(async () => await near.ReadExactlyAsync(new byte[1], Ct));
        await EchoAsync(beside, other);
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_reset_by_the_client_reaches_the_pod_and_the_connection_beside_it_goes_on(string form)
    {
        using UpgradeDialer dialer = fixture.Door().Dialer();
        using LoopbackListener server = new();
        await using ForwardSession session = await OpenAsync(dialer, server.Port, form);
        await using ForwardedStream near = await session.ConnectAsync(server.Port, Ct), beside = await session.ConnectAsync(server.Port, Ct);
        Dictionary<byte, Socket> far = await PairAsync(server, near, beside);
        using Socket reset = far[0], other = far[1];
        near.Abort();
        SocketException e = await Assert.ThrowsAsync<SocketException>(async () => await reset.ReceiveAsync(new byte[1], SocketFlags.None, Ct));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        await EchoAsync(beside, other);
    }

    /// <summary>The pod ends first, and the client goes on: the other half-close than the usual one.</summary>
    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task The_pods_end_of_data_arrives_and_the_clients_bytes_after_it(string form)
    {
        const int Size = 1 << 20;
        using UpgradeDialer dialer = fixture.Door().Dialer();
        using LoopbackListener server = new();
        await using ForwardSession session = await OpenAsync(dialer, server.Port, form);
        await using ForwardedStream near = await session.ConnectAsync(server.Port, Ct);
        using Socket accepted = await server.AcceptAsync(Ct);
        await using NetworkStream far = new(accepted);
        await far.WriteAsync("greeting"u8.ToArray(), Ct);
        accepted.Shutdown(SocketShutdown.Send);
        using StreamReader greeting = new(near, leaveOpen: true);
        Assert.Equal("greeting", await greeting.ReadToEndAsync(Ct));
        Task<ByteTally> arriving = ByteTally.OfAsync(far, cancellationToken: Ct);
        using RandomByteStream late = new(Size, seed: 9);
        await late.CopyToAsync(near, 1 << 15, Ct);
        await near.CompleteWritesAsync(Ct);
        Assert.Equal(new ByteTally(Size, late.Sha256), await arriving);
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_port_that_nobody_listens_on_is_refused_by_a_reason(string form)
    {
        int free;
        using (LoopbackListener listener = new()) free = listener.Port;
        using UpgradeDialer dialer = fixture.Door().Dialer();
        await using ForwardSession session = await OpenAsync(dialer, free, form);
        ForwardResetException refused = await Assert.ThrowsAsync<ForwardResetException>(async () =>
        {
            await using ForwardedStream connection = await session.ConnectAsync(free, Ct);
            await connection.ReadExactlyAsync(new byte[1], Ct);
        });
        Assert.Contains("refused", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A network of its own, and an answer that comes long after the question's end: the runtime's own forwarding cuts after a second.</summary>
    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_pods_own_network_answers_long_after_the_half_close(string form)
    {
        const int Port = 8080;
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(
            new()
            {
                Name = $"late-{Guid.NewGuid():N}"[..20],
                OwnNetwork = true,
                Command = ["sh", "-c", $"nc -l -p {Port} -e sh -c 'wc -c > /counted; sleep 2; cat /counted'; exec sleep 600"]
            }, Ct);
        using UpgradeDialer dialer = fixture.Door().Dialer();
        await using (AskingSession listening = await fixture.Door().ExecAsync(dialer, Transport.WebSocket, pod, $"until netstat -ltn | grep -q :{Port}; do sleep 0.1; done"))
            Assert.True((await listening.Status.WaitAsync(Ct)).IsSuccess);
        await using ForwardSession session = await OpenAsync(dialer, Port, form, pod);
        await using ForwardedStream near = await session.ConnectAsync(Port, Ct);
        await near.WriteAsync(new byte[300_000], Ct);
        await near.CompleteWritesAsync(Ct);
        using StreamReader answer = new(near, leaveOpen: true);
        Assert.Equal("300000\n", await answer.ReadToEndAsync(Ct));
    }

    [Theory(Timeout = 60_000), MemberData(nameof(SpdySenders))]
    public async Task A_forward_by_the_bytes_of_an_API_server_carries_many_connections(string sender)
    {
        using LoopbackListener server = new();
        FrontDoor door = fixture.Door();
        SslStream stream = await door.Room.DialAsync(door.ApiServer);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(ApiServerRequest.Forward(sender, $"/portForward/{fixture.Pod.Namespace}/{fixture.Pod.Name}")), Ct);
        string answer = await RawCommand.ReadHeadAsync(stream);
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n", answer, StringComparison.OrdinalIgnoreCase);
        await using SpdyPortForward forward = new(stream, PortForwardProtocol.Spdy, CarrierLimits.Default);
        for (int i = 0; i < 5; i++)
        {
            await using ForwardedStream near = await forward.OpenAsync(server.Port, Ct);
            using Socket accepted = await server.AcceptAsync(Ct);
            await EchoAsync(near, accepted);
            await near.CompleteWritesAsync(Ct);
            Assert.Equal(0, await accepted.ReceiveAsync(new byte[1], SocketFlags.None, Ct));
        }
    }

    Task<ForwardSession> OpenAsync(UpgradeDialer dialer, int port, string form, ContainerdPod? pod = null)
    {
        pod ??= fixture.Pod;
        return dialer.OpenForwardAsync(
            fixture.Door().Uri($"/portForward/{pod.Namespace}/{pod.Name}"), port,
            new PortForwardOptions { Protocols = [PortForwardProtocol.All.First(known => known.Name == form)] }, "port", cancellationToken: Ct);
    }

    /// <summary>Which of the connections that came is whose: each says its number first.</summary>
    static async Task<Dictionary<byte, Socket>> PairAsync(LoopbackListener server, params ForwardedStream[] streams)
    {
        for (byte i = 0; i < streams.Length; i++) await streams[i].WriteAsync(new[] { i }, Ct);
        Dictionary<byte, Socket> sockets = [];
        byte[] number = new byte[1];
        foreach (ForwardedStream _ in streams)
        {
            Socket socket = await server.AcceptAsync(Ct);
            Assert.Equal(1, await socket.ReceiveAsync(number, SocketFlags.None, Ct));
            sockets.Add(number[0], socket);
        }

        return sockets;
    }

    static async Task EchoAsync(ForwardedStream near, Socket far)
    {
        byte[] question = new byte[8], answer = new byte[6];
        await near.WriteAsync("question"u8.ToArray(), Ct);
        await using NetworkStream stream = new(far);
        await stream.ReadExactlyAsync(question, Ct);
        await stream.WriteAsync("answer"u8.ToArray(), Ct);
        await near.ReadExactlyAsync(answer, Ct);
        Assert.Equal("question answer", Encoding.ASCII.GetString(question) + " " + Encoding.ASCII.GetString(answer));
    }
}

/// <summary>With containerd 1.6.</summary>
public sealed class Containerd16FrontForwardTests(ContainerdFrontFixture fixture) : FrontForwardTests(fixture), IClassFixture<ContainerdFrontFixture>;

/// <summary>With containerd 1.7.</summary>
public sealed class Containerd17FrontForwardTests(ContainerdFrontFixture17 fixture) : FrontForwardTests(fixture), IClassFixture<ContainerdFrontFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class Containerd2FrontForwardTests(ContainerdFrontFixture2 fixture) : FrontForwardTests(fixture), IClassFixture<ContainerdFrontFixture2>;
