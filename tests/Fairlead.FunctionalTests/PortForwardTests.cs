using System.Net.Sockets;
using System.Text;
using Fairlead.Lab;
using Fairlead.Wire.PortForward;

namespace Fairlead.FunctionalTests;

/// <summary>Forwarded connections through each form: the library's client, the lab, and a listener behind it.</summary>
public sealed class PortForwardTests : IAsyncLifetime
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

    /// <summary>By its description: the names repeat.</summary>
    public static TheoryData<string> Forms => [.. Known.Select(form => form.Description)];

    static IEnumerable<PortForwardProtocol> Known => PortForwardProtocol.All.Where(form => form.CanEndWrites);

    static PortForwardOptions Only(string form) => new() { Protocols = [Known.First(known => known.Description == form)] };

    [Theory, MemberData(nameof(Forms))]
    public async Task Bytes_go_both_ways_and_each_direction_has_its_end(string form)
    {
        TaskCompletionSource<string> heard = new();
        await using PodService service = new(async socket =>
        {
            await using NetworkStream stream = new(socket);
            using StreamReader reader = new(stream);
            heard.SetResult(await reader.ReadToEndAsync(Ct)); // the end of the client's data, and only then the answer
            await stream.WriteAsync("goodbye"u8.ToArray(), Ct);
        });
        await using ForwardedStream connection = await _client.ConnectAsync(Pod, service.Port, Only(form), Ct);
        await connection.WriteAsync("hello"u8.ToArray(), Ct);
        await connection.CompleteWritesAsync(Ct);
        Assert.Equal("hello", await heard.Task.WaitAsync(Ct));
        using StreamReader answer = new(connection);
        Assert.Equal("goodbye", await answer.ReadToEndAsync(Ct));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_pod_that_ended_can_still_be_sent_to(string form)
    {
        TaskCompletionSource<string> heard = new();
        await using PodService service = new(async socket =>
        {
            using StreamReader reader = new(new NetworkStream(socket));
            await socket.SendAsync("greeting"u8.ToArray(), Ct);
            socket.Shutdown(SocketShutdown.Send);
            heard.SetResult(await reader.ReadToEndAsync(Ct));
        });
        await using ForwardedStream connection = await _client.ConnectAsync(Pod, service.Port, Only(form), Ct);
        using (StreamReader reader = new(connection, leaveOpen: true)) Assert.Equal("greeting", await reader.ReadToEndAsync(Ct));
        await connection.WriteAsync("still here"u8.ToArray(), Ct);
        await connection.CompleteWritesAsync(Ct);
        Assert.Equal("still here", await heard.Task.WaitAsync(Ct));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_pods_reset_is_a_reset_and_the_session_goes_on(string form)
    {
        await using PodService service = new(async socket =>
        {
            byte[] first = new byte[1];
            await socket.ReceiveAsync(first);
            if (first[0] == 'r') PodService.Reset(socket);
            else await socket.SendAsync(first);
        });
        await using ForwardSession session = await _client.OpenForwardAsync(Pod, [service.Port], Only(form), Ct);
        await using ForwardedStream good = await session.ConnectAsync(service.Port, Ct), bad = await session.ConnectAsync(service.Port, Ct);
        await bad.WriteAsync("r"u8.ToArray(), Ct);
        await Assert.ThrowsAsync<ForwardResetException>(async () => await bad.ReadExactlyAsync(new byte[1], Ct));
        await good.WriteAsync("g"u8.ToArray(), Ct);
        byte[] answer = new byte[1];
        await good.ReadExactlyAsync(answer, Ct);
        Assert.Equal((byte)'g', answer[0]);
        Assert.False(session.Ended.IsCompleted);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_clients_reset_is_a_reset_at_the_pod(string form)
    {
        TaskCompletionSource<SocketError> seen = new();
        await using PodService service = new(async socket =>
        {
            await socket.SendAsync("x"u8.ToArray());
            try
            {
                while (await socket.ReceiveAsync(new byte[100]) > 0)
                {
                    // until the reset
                }

                seen.SetResult(SocketError.Success);
            }
            catch (SocketException e)
            {
                seen.SetResult(e.SocketErrorCode);
            }
        });
        await using ForwardedStream connection = await _client.ConnectAsync(Pod, service.Port, Only(form), Ct);
        await connection.ReadExactlyAsync(new byte[1], Ct);
        connection.Abort();
        Assert.Equal(SocketError.ConnectionReset, await seen.Task.WaitAsync(Ct));
        await Assert.ThrowsAsync<ForwardResetException>(async () => await connection.ReadExactlyAsync(new byte[1], Ct));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_refused_port_is_refused_with_the_servers_text_and_the_session_goes_on(string form)
    {
        int dead;
        await using (PodService gone = new(PodService.EchoAsync)) dead = gone.Port;
        await using PodService service = new(PodService.EchoAsync);
        await using ForwardSession session = await _client.OpenForwardAsync(Pod, [service.Port, dead], Only(form), Ct);
        await using ForwardedStream good = await session.ConnectAsync(service.Port, Ct);
        ForwardResetException refusal = await Assert.ThrowsAsync<ForwardResetException>(async () =>
        {
            await using ForwardedStream bad = await session.ConnectAsync(dead, Ct);
            await bad.ReadExactlyAsync(new byte[1], Ct);
        });
        Assert.Contains($"localhost:{dead}", refusal.Message, StringComparison.Ordinal);
        await good.WriteAsync("g"u8.ToArray(), Ct);
        await good.CompleteWritesAsync(Ct);
        using StreamReader answer = new(good);
        Assert.Equal("g", await answer.ReadToEndAsync(Ct));
        Assert.False(session.Ended.IsCompleted);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_hundred_connections_at_once(string form)
    {
        await using PodService service = new(PodService.EchoAsync);
        await using ForwardSession session = await _client.OpenForwardAsync(Pod, [service.Port], Only(form), Ct);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            string text = $"connection {i}";
            await using ForwardedStream connection = await session.ConnectAsync(service.Port, Ct);
            await connection.WriteAsync(Encoding.UTF8.GetBytes(text), Ct);
            await connection.CompleteWritesAsync(Ct);
            using StreamReader reader = new(connection);
            Assert.Equal(text, await reader.ReadToEndAsync(Ct));
        }));
        Assert.False(session.Ended.IsCompleted);
    }

    public static TheoryData<string[], string[], string> Pairings => new()
    {
        { Names(PortForwardProtocol.All), [], "portforward.fairlead.v2" }, // as it is without a wish
        { Names(PortForwardProtocol.All), ["portforward.fairlead.v1", "SPDY/3.1+portforward.k8s.io"], "portforward.fairlead.v1" }, // a client of before
        { ["portforward.fairlead.v1", "SPDY/3.1+portforward.k8s.io", "portforward.k8s.io"], [], "portforward.fairlead.v1" }, // a server of before
        { ["SPDY/3.1+portforward.k8s.io", "portforward.k8s.io"], [], "SPDY/3.1+portforward.k8s.io" }, // Kubernetes
        { ["portforward.k8s.io"], [], "portforward.k8s.io" },
    };

    [Theory, MemberData(nameof(Pairings))]
    public async Task Old_and_new_clients_and_servers_agree_on_what_both_know(string[] server, string[] client, string expected)
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions { PortForwardProtocols = [.. PortForwardProtocol.All.Where(form => server.Contains(form.Name))] }, Ct);
        using StreamingClient asking = LabClient.Create(lab.Url, lab);
        await using PodService echo = new(PodService.EchoAsync);
        PortForwardOptions options = new() { Protocols = client.Length == 0 ? null : [.. client.Select(name => PortForwardProtocol.All.First(form => form.Name == name))] };
        await using ForwardSession session = await asking.OpenForwardAsync(Pod, [echo.Port], options, Ct);
        Assert.Equal(expected, session.Protocol.Name);
        await using ForwardedStream connection = await session.ConnectAsync(echo.Port, Ct);
        await connection.WriteAsync("hello"u8.ToArray(), Ct);
        await connection.CompleteWritesAsync(Ct);
        using StreamReader reader = new(connection, leaveOpen: true);
        Assert.Equal("hello", await reader.ReadToEndAsync(Ct));
    }

    static string[] Names(IEnumerable<PortForwardProtocol> forms) => [.. forms.Select(form => form.Name)];

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
