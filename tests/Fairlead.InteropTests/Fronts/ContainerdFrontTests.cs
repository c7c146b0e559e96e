using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Upgrades;
using Fairlead.Wire.PortForward;

namespace Fairlead.InteropTests.Fronts;

/// <summary>
/// Streams at a front before real containers, as API servers send them: 1.36 passes a client's WebSocket on, 1.30 translates it to SPDY, and
/// 1.20 knows SPDY alone.
/// </summary>
public abstract class ContainerdFrontTests(ContainerdFrontFixture fixture)
{
    static readonly long Size = (Repository.IsFull ? 64L : 16L) << 20;

    FrontDoor Door => fixture.Door();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<Transport> Transports { get; } = [Transport.WebSocket, Transport.Spdy];

    public static TheoryData<string> Forms { get; } = [PortForwardProtocol.Conversations.Name, PortForwardProtocol.Direct.Name, PortForwardProtocol.Tunnel.Name, PortForwardProtocol.Spdy.Name];

    [Theory(Timeout = 120_000), MemberData(nameof(Transports))]
    public async Task Input_ends_output_is_whole_and_the_code_comes_back(Transport transport)
    {
        using UpgradeDialer dialer = Door.Dialer();
        await using AskingSession session = await Door.ExecAsync(dialer, transport, fixture.Pod, "sha256sum; head -c 3000000 /dev/zero; exit 7");
        using RandomByteStream input = new(Size, seed: 5);
        Task<string> output = new StreamReader(session.StandardOutput.AsStream()).ReadToEndAsync(Ct);
        await input.CopyToAsync(session.StandardInput.AsStream(leaveOpen: true), 1 << 16, Ct);
        await session.StandardInput.CompleteAsync();
        string said = await output;
        Assert.Equal((input.Sha256, 64 + 4 + 3_000_000), (said[..64], said.Length));
        Assert.True((await session.Status.WaitAsync(Ct)).TryGetExitCode(out int code));
        Assert.Equal(7, code);
    }

    /// <summary>What a kubelet and its runtime lose of this is why there is a front.</summary>
    [Theory(Timeout = 120_000), MemberData(nameof(Transports))]
    public async Task A_command_that_closes_its_output_first_gets_its_whole_input(Transport transport)
    {
        long size = Repository.IsFull ? 300_000_000 : 30_000_000;
        using UpgradeDialer dialer = Door.Dialer();
        string file = $"/tmp/x-{transport}";
        await using (AskingSession session = await Door.ExecAsync(dialer, transport, fixture.Pod, $"exec cat >{file}"))
        {
            using RandomByteStream input = new(size, seed: 6);
            await input.CopyToAsync(session.StandardInput.AsStream(leaveOpen: true), 1 << 16, Ct);
            await session.StandardInput.CompleteAsync();
            Assert.True((await session.Status.WaitAsync(Ct)).IsSuccess);
        }

        await using AskingSession counted = await Door.ExecAsync(dialer, transport, fixture.Pod, $"wc -c <{file}; rm {file}");
        Assert.Equal($"{size}\n", await new StreamReader(counted.StandardOutput.AsStream()).ReadToEndAsync(Ct));
    }

    [Theory(Timeout = 120_000), MemberData(nameof(Forms))]
    public async Task A_port_is_reached_and_each_direction_ends_for_itself(string form)
    {
        using UpgradeDialer dialer = Door.Dialer();
        using LoopbackListener server = new();
        ForwardSession session = await dialer.OpenForwardAsync(
            Door.Uri($"/portForward/{fixture.Pod.Namespace}/{fixture.Pod.Name}"), server.Port,
            new PortForwardOptions { Protocols = [PortForwardProtocol.All.First(known => known.Name == form)] }, "port", cancellationToken: Ct);
        await using (session)
        {
            await using ForwardedStream near = await session.ConnectAsync(server.Port, Ct);
            using Socket accepted = await server.AcceptAsync(Ct);
            await using NetworkStream far = new(accepted);
            using RandomByteStream up = new(Size, seed: 1), down = new(Size, seed: 2);
            Task<string> arrivedUp = HashAsync(far);
            await up.CopyToAsync(near, 1 << 16, Ct);
            await near.CompleteWritesAsync(Ct);
            Assert.Equal(up.Sha256, await arrivedUp);
            Task<string> arrivedDown = HashAsync(near); // after the other direction has ended
            await down.CopyToAsync(far, 1 << 16, Ct);
            accepted.Shutdown(SocketShutdown.Send);
            Assert.Equal(down.Sha256, await arrivedDown);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData("/exec/{0}?command=id&output=1", "sessions.fairlead.v1, v5.channel.k8s.io", "v5.channel.k8s.io")]
    [InlineData("/portForward/{1}", "portforward.fairlead.v2, portforward.fairlead.v1, SPDY/3.1+portforward.k8s.io", "portforward.fairlead.v2")]
    [InlineData("/portForward/{1}", "portforward.fairlead.v1, SPDY/3.1+portforward.k8s.io", "portforward.fairlead.v1")]
    public async Task An_upgrade_as_kube_apiserver_136_passes_it_on_is_taken(string target, string offered, string taken)
    {
        string path = string.Format(null, target, $"{fixture.Pod.Namespace}/{fixture.Pod.Name}/{fixture.Pod.Container}", $"{fixture.Pod.Namespace}/{fixture.Pod.Name}");
        string answer = await Door.Room.RawAsync(
            $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:16443\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\nConnection: Upgrade\r\nSec-Websocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
            $"Sec-Websocket-Protocol: {offered}\r\nSec-Websocket-Version: 13\r\nUpgrade: websocket\r\nX-Fairlead-Test: 1\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n", Door.ApiServer);
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.Contains($"Sec-WebSocket-Protocol: {taken}\r\n", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_command_of_run_is_answered_whole()
    {
        string path = $"/run/{fixture.Pod.Namespace}/{fixture.Pod.Name}/{fixture.Pod.Container}?cmd=";
        Assert.Equal((200, "a  b\n"), await Door.Room.AskAsync(path + "echo+a++b", Door.ApiServer, method: "POST"));
        Assert.Equal(500, (await Door.Room.AskAsync(path + "false", Door.ApiServer, method: "POST")).Code);
    }

    /// <summary>Kubelet and cluster away: what runs goes on, and what was allowed before still may.</summary>
    [Fact(Timeout = 120_000)]
    public async Task Fifty_sessions_go_on_while_the_kubelet_and_the_cluster_are_away()
    {
        using UpgradeDialer dialer = Door.Dialer();
        List<(AskingSession Session, StreamReader Output)> sessions = [];
        try
        {
            for (int i = 0; i < 50; i++)
            {
                AskingSession session = await Door.ExecAsync(dialer, i % 2 == 0 ? Transport.WebSocket : Transport.Spdy, fixture.Pod, "exec cat");
                sessions.Add((session, new StreamReader(session.StandardOutput.AsStream())));
            }

            await EchoAsync("before");
            await Door.Room.Kubelet.StopAsync();
            Assert.Equal(502, (await Door.Room.AskAsync("/pods", Door.ApiServer)).Code);
            Door.Room.Cluster.Allows = static _ => null;
            Assert.Equal(502, (await Door.Room.AskAsync("/pods", Door.ApiServer)).Code); // a yes that is kept, and no kubelet
            Assert.Equal(500, (await Door.Room.AskAsync("/stats/summary", Door.ApiServer)).Code);
            await EchoAsync("while they are away");
            await Door.Room.Kubelet.StartAsync(Ct);
            Door.Room.Cluster.Allows = static _ => true;
            Assert.Equal(200, (await Door.Room.AskAsync("/pods", Door.ApiServer)).Code);
            await EchoAsync("after");
            foreach ((AskingSession session, _) in sessions) await session.StandardInput.CompleteAsync();
            foreach ((AskingSession session, _) in sessions) Assert.True((await session.Status.WaitAsync(Ct)).IsSuccess);
        }
        finally
        {
            foreach ((AskingSession session, _) in sessions) await session.DisposeAsync();
        }

        async Task EchoAsync(string word)
        {
            foreach ((AskingSession session, _) in sessions) await session.StandardInput.WriteAsync(Encoding.ASCII.GetBytes(word + "\n"), Ct);
            foreach ((_, StreamReader output) in sessions) Assert.Equal(word, await output.ReadLineAsync(Ct));
        }
    }

    static async Task<string> HashAsync(Stream stream) => Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, Ct));
}

/// <summary>With containerd 1.6.</summary>
public sealed class Containerd16FrontTests(ContainerdFrontFixture fixture) : ContainerdFrontTests(fixture), IClassFixture<ContainerdFrontFixture>;

/// <summary>With containerd 1.7.</summary>
public sealed class Containerd17FrontTests(ContainerdFrontFixture17 fixture) : ContainerdFrontTests(fixture), IClassFixture<ContainerdFrontFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class Containerd2FrontTests(ContainerdFrontFixture2 fixture) : ContainerdFrontTests(fixture), IClassFixture<ContainerdFrontFixture2>;
