using System.Net;
using System.Net.Sockets;
using Fairlead.Lab;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.FunctionalTests;

/// <summary>The legacy forms with channels, which know one end only, and how the library comes to one of the forms.</summary>
public sealed class PortForwardChannelsTests : IAsyncLifetime
{
    static readonly PodReference Pod = new("demo");

    LabServer _lab = null!;
    StreamingClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabServer.StartAsync(new LabOptions(), Ct);
        _client = LabClient.Create(_lab.Url, _lab);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DisposeAsync();
    }

    public static TheoryData<string> Forms => [.. PortForwardProtocol.All.Where(form => form.HasChannels).Select(form => form.Name)];

    static PortForwardOptions Only(string name) => new() { Protocols = [PortForwardProtocol.All.First(form => form.HasChannels && form.Name == name)] };

    [Theory, MemberData(nameof(Forms))]
    public async Task Bytes_go_both_ways_and_the_pods_end_is_the_end(string name)
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously); // a write that meets the pod's end may say so
        await using PodService service = new(async socket =>
        {
            byte[] question = new byte[5];
            await new NetworkStream(socket).ReadExactlyAsync(question, Ct);
            await asked.Task.WaitAsync(Ct);
            await socket.SendAsync("goodbye"u8.ToArray(), Ct);
        });
        await using ForwardedStream connection = await _client.ConnectAsync(Pod, service.Port, Only(name), Ct);
        Assert.False(connection.CanCompleteWrites);
        await Assert.ThrowsAsync<NotSupportedException>(async () => await connection.CompleteWritesAsync(Ct));
        await connection.WriteAsync("hello"u8.ToArray(), Ct);
        asked.SetResult();
        using StreamReader reader = new(connection, leaveOpen: true);
        Assert.Equal("goodbye", await reader.ReadToEndAsync(Ct));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task Disposing_is_an_end_at_the_pod_and_an_abort_a_reset(string name)
    {
        System.Threading.Channels.Channel<string> heard = System.Threading.Channels.Channel.CreateUnbounded<string>();
        using SemaphoreSlim connected = new(0);
        await using PodService service = new(async socket =>
        {
            connected.Release();
            try
            {
                using StreamReader reader = new(new NetworkStream(socket));
                heard.Writer.TryWrite(await reader.ReadToEndAsync(Ct));
            }
            catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
            {
                heard.Writer.TryWrite("reset");
            }
        });
        await using (ForwardedStream connection = await _client.ConnectAsync(Pod, service.Port, Only(name), Ct)) await connection.WriteAsync("all of it"u8.ToArray(), Ct);
        Assert.Equal("all of it", await heard.Reader.ReadAsync(Ct));
        await connected.WaitAsync(Ct);

        await using ForwardedStream aborted = await _client.ConnectAsync(Pod, service.Port, Only(name), Ct);
        await connected.WaitAsync(Ct); // this form begins before the pod is reached, and one that is given up until then reaches nobody
        aborted.Abort();
        Assert.Equal("reset", await heard.Reader.ReadAsync(Ct));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_refused_port_has_the_servers_text(string name)
    {
        int dead;
        await using (PodService gone = new(PodService.EchoAsync)) dead = gone.Port;
        ForwardResetException refusal = await Assert.ThrowsAsync<ForwardResetException>(async () =>
        {
            await using ForwardedStream bad = await _client.ConnectAsync(Pod, dead, Only(name), Ct);
            await bad.ReadExactlyAsync(new byte[1], Ct);
        });
        Assert.Contains($"localhost:{dead}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_ports_of_one_request_have_their_numbers_first_and_one_that_ended_leaves_the_other()
    {
        await using PodService echo = new(PodService.EchoAsync), other = new(async socket => await socket.SendAsync("other"u8.ToArray()));
        await using RawWebSocket raw = await RawWebSocket.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, _lab.Url.Port), $"/api/v1/namespaces/default/pods/demo/portforward?ports={echo.Port},{other.Port}", "v4.channel.k8s.io",
            tls: true, headers: [$"Authorization: Bearer {_lab.Users[0].Token}"], cancellationToken: Ct);
        Assert.Equal(101, raw.StatusCode);
        Assert.Equal([0, (byte)echo.Port, (byte)(echo.Port >> 8)], (await raw.ReadFrameAsync(Ct))!.Payload);
        Assert.Equal([1, (byte)echo.Port, (byte)(echo.Port >> 8)], (await raw.ReadFrameAsync(Ct))!.Payload);
        Assert.Equal([2, (byte)other.Port, (byte)(other.Port >> 8)], (await raw.ReadFrameAsync(Ct))!.Payload);
        Assert.Equal([3, (byte)other.Port, (byte)(other.Port >> 8)], (await raw.ReadFrameAsync(Ct))!.Payload);
        Assert.Equal([2, .. "other"u8], (await raw.ReadFrameAsync(Ct))!.Payload);
        await raw.SendMessageAsync((byte[])[0, .. "hi"u8], Ct);
        Assert.Equal([0, .. "hi"u8], (await raw.ReadFrameAsync(Ct))!.Payload); // a port that has ended leaves the other alone
    }

    [Fact]
    public async Task Ports_are_needed_and_checked_before_the_upgrade()
    {
        foreach (string query in (string[])["", "?ports=0", "?ports=80,x", "?ports=70000", "?ports=" + string.Join(',', Enumerable.Repeat(1, 128))])
        {
            await using RawWebSocket raw = await RawWebSocket.ConnectAsync(
                new IPEndPoint(IPAddress.Loopback, _lab.Url.Port), $"/api/v1/namespaces/default/pods/demo/portforward{query}", "v4.channel.k8s.io",
                tls: true, headers: [$"Authorization: Bearer {_lab.Users[0].Token}"], cancellationToken: Ct);
            Assert.Equal(400, raw.StatusCode);
        }
    }

    [Fact]
    public async Task An_old_server_is_reached_by_SPDY_known_the_second_time_and_exec_is_not_told()
    {
        await using LabServer old = await LabServer.StartAsync(new LabOptions { PortForwardProtocols = [PortForwardProtocol.Spdy, PortForwardProtocol.ChannelsV4] }, Ct);
        using StreamingClient client = LabClient.Create(old.Url, old);
        await using PodService service = new(PodService.EchoAsync);
        await using (ForwardSession first = await client.OpenForwardAsync(Pod, [service.Port], cancellationToken: Ct))
        {
            Assert.Equal(PortForwardProtocol.Spdy, first.Protocol);
            Assert.StartsWith("WebSocket: ", first.FellBack, StringComparison.Ordinal);
        }

        await using (ForwardSession second = await client.OpenForwardAsync(Pod, [service.Port], cancellationToken: Ct)) Assert.Contains("lately", second.FellBack);
        await using RemoteProcess process = await client.ExecAsync(new("demo", "default", "shell"), ["true"], cancellationToken: Ct);
        Assert.Null(process.FellBack);
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact]
    public async Task Where_there_is_nothing_else_channels_are_used()
    {
        await using LabServer old = await LabServer.StartAsync(new LabOptions { PortForwardProtocols = [PortForwardProtocol.ChannelsV4] }, Ct);
        using StreamingClient client = LabClient.Create(old.Url, old);
        await using PodService service = new(PodService.EchoAsync);
        await using ForwardSession session = await client.OpenForwardAsync(Pod, [service.Port], cancellationToken: Ct);
        Assert.Equal(PortForwardProtocol.ChannelsV4, session.Protocol);
        for (int i = 0; i < 3; i++)
        {
            await using ForwardedStream connection = await session.ConnectAsync(service.Port, Ct);
            await connection.WriteAsync(new byte[] { 7 }, Ct);
            await connection.ReadExactlyAsync(new byte[1], Ct);
        }

        Assert.False(session.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_server_that_goes_ends_the_session()
    {
        foreach (PortForwardProtocol form in PortForwardProtocol.All.Where(form => form.CanEndWrites))
        {
            await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
            using StreamingClient client = LabClient.Create(lab.Url, lab);
            await using PodService service = new(PodService.EchoAsync);
            await using ForwardSession session = await client.OpenForwardAsync(Pod, [service.Port], new() { Protocols = [form] }, Ct);
            await using ForwardedStream connection = await session.ConnectAsync(service.Port, Ct);
            await lab.DisposeAsync();
            Assert.NotNull(await session.Ended.WaitAsync(Ct));
            await Assert.ThrowsAnyAsync<IOException>(async () => await connection.ReadExactlyAsync(new byte[1], Ct));
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
