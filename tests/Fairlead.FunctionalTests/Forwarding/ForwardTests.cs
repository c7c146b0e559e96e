using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Forwarding;

/// <summary>Connections through a forward are as good as direct ones: bytes, ends and resets, each for itself.</summary>
[Collection(Alone.Name)] // one of them counts what the process holds
public sealed class ForwardTests : IAsyncLifetime
{
    readonly LoopbackListener _server = new();
    readonly EventLog _events = new();
    ForwardedLab _lab = null!;

    public static TheoryData<string> Forms => ForwardedLab.Forms;

    public async ValueTask InitializeAsync() => _lab = await ForwardedLab.StartAsync(Ct);

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        _server.Dispose();
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task An_answer_comes_after_the_end_of_the_question(string form)
    {
        await using PortForward forward = await ForwardAsync(form);
        using Socket client = await TcpPeer.ConnectAsync(forward);
        await client.SendAsync("question");
        client.Shutdown(SocketShutdown.Send);
        using Socket server = await _server.AcceptAsync(Ct);
        Assert.Equal("question", await server.ReadToEndAsync());
        await server.SendAsync("answer");
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal("answer", await client.ReadToEndAsync());
        Assert.Null((await _events.NextAsync(ForwardEventKind.ConnectionEnded)).Error);
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_question_goes_on_after_the_end_of_the_answer(string form)
    {
        await using PortForward forward = await ForwardAsync(form);
        using Socket client = await TcpPeer.ConnectAsync(forward);
        await client.SendAsync("hello");
        using Socket server = await _server.AcceptAsync(Ct);
        Assert.Equal("hello", await server.ReadAsync(5));
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal("", await client.ReadToEndAsync());
        await client.SendAsync("more");
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("more", await server.ReadToEndAsync());
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_reset_by_the_pod_is_a_reset_here(string form)
    {
        await using PortForward forward = await ForwardAsync(form);
        using Socket client = await TcpPeer.ConnectAsync(forward), other = await TcpPeer.ConnectAsync(forward);
        await client.SendAsync("1");
        using Socket server = await _server.AcceptAsync(Ct);
        await other.SendAsync("2");
        using Socket otherServer = await _server.AcceptAsync(Ct);
        string first = await server.ReadAsync(1); // the two may come in any order

        server.Reset();
        await (first == "1" ? client : other).ExpectResetAsync();

        await otherServer.ReadAsync(1);
        await otherServer.SendAsync("alive");
        Assert.Equal("alive", await (first == "1" ? other : client).ReadAsync(5));
        Assert.NotNull((await _events.NextAsync(ForwardEventKind.ConnectionEnded)).Error);
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_reset_here_is_a_reset_in_the_pod(string form)
    {
        await using PortForward forward = await ForwardAsync(form);
        using Socket client = await TcpPeer.ConnectAsync(forward);
        await client.SendAsync("x");
        using Socket server = await _server.AcceptAsync(Ct);
        await server.ReadAsync(1);
        client.Reset();
        await server.ExpectResetAsync();
        Assert.NotNull((await _events.NextAsync(ForwardEventKind.ConnectionEnded)).Error);
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_port_without_a_server_resets_its_own_connection_and_no_other(string form)
    {
        int closed;
        using (LoopbackListener gone = new()) closed = gone.Port;
        await using PortForward forward = await _lab.Client.ForwardAsync(
            ForwardedLab.Pod, [new(local: 0, remote: _server.Port), new(local: 0, remote: closed)],
            new ForwardOptions { Addresses = ["127.0.0.1"], Connection = ForwardedLab.Only(form), Observer = _events.Add }, Ct);
        using Socket client = await TcpPeer.ConnectAsync(forward);
        await client.SendAsync("1");
        using Socket server = await _server.AcceptAsync(Ct);
        using (Socket refused = new(SocketType.Stream, ProtocolType.Tcp))
        {
            await refused.ConnectAsync(forward.Ports[1].Local, Ct);
            await refused.ExpectResetAsync();
        }

        ForwardEvent told = await _events.NextAsync(ForwardEventKind.ConnectionRefused, ForwardEventKind.ConnectionEnded); // one form answers, others tell later
        Assert.Contains("refused", told.Error?.Message, StringComparison.OrdinalIgnoreCase);
        await server.SendAsync("alive");
        Assert.Equal("alive", await client.ReadAsync(5));
    }

    [Theory(Timeout = 120_000), MemberData(nameof(Forms))]
    public async Task Many_connections_at_once_arrive_whole_and_leave_nothing(string form)
    {
        await using PortForward forward = await ForwardAsync(form);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task serving = EchoAsync(stop.Token);
        await RunAsync(20); // first uses open what stays
        LeakCheck check = LeakCheck.Begin();
        await RunAsync(100);
        await Eventually.HoldsAsync(() => forward.OpenConnections == 0, "all connections have ended", cancellationToken: Ct);
        await check.ExpectNothingLeftAsync(spareDescriptors: 8, cancellationToken: Ct); // pooled connections to the lab
        await stop.CancelAsync();
        await serving;

        async Task RunAsync(int count) => await Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
        {
            byte[] content = RandomNumberGenerator.GetBytes(10_000 + (i * 1000)), back = new byte[content.Length + 1];
            using Socket client = await TcpPeer.ConnectAsync(forward);
            Task send = Task.Run(async () =>
            {
                for (int sent = 0; sent < content.Length;) sent += await client.SendAsync(content.AsMemory(sent), Ct);
                client.Shutdown(SocketShutdown.Send);
            }, Ct);
            int have = 0;
            while (await client.ReceiveAsync(back.AsMemory(have), Ct) is > 0 and int more) have += more;
            await send;
            Assert.Equal(content, back[..have]);
        }));
    }

    [Theory(Timeout = 60_000), MemberData(nameof(Forms))]
    public async Task A_reader_that_stops_stops_the_writer(string form)
    {
        await using PortForward forward = await ForwardAsync(form);
        using Socket client = await TcpPeer.ConnectAsync(forward);
        await client.SendAsync("x");
        using Socket server = await _server.AcceptAsync(Ct);
        long sent = 0;
        using CancellationTokenSource stalled = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        byte[] block = new byte[64 * 1024];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (sent < 1L << 30)
            {
                stalled.CancelAfter(TimeSpan.FromSeconds(1)); // no byte for so long: held up
                sent += await server.SendAsync(block, stalled.Token);
            }
        });
        Assert.InRange(sent, 1, 64L << 20); // buffers of three sockets and a carrier
    }

    [Fact(Timeout = 60_000)]
    public async Task No_more_connections_than_allowed_are_open_and_the_next_waits()
    {
        await using PortForward forward = await _lab.ForwardAsync(_server.Port, Options() with { MostConnections = 1 });
        using Socket first = await TcpPeer.ConnectAsync(forward);
        await first.SendAsync("1");
        using Socket server = await _server.AcceptAsync(Ct);
        Assert.Equal("1", await server.ReadAsync(1));
        using Socket second = await TcpPeer.ConnectAsync(forward);
        await second.SendAsync("2");
        Task<Socket> accept = _server.AcceptAsync(Ct);
        Assert.Equal(1, forward.OpenConnections);
        Assert.False(accept.IsCompleted);
        first.Reset();
        using Socket next = await accept;
        Assert.Equal("2", await next.ReadAsync(1));
    }

    [Fact(Timeout = 60_000)]
    public async Task Stopping_resets_what_is_open_and_completes()
    {
        PortForward forward = await _lab.ForwardAsync(_server.Port, Options());
        using Socket client = await TcpPeer.ConnectAsync(forward);
        await client.SendAsync("1");
        using Socket server = await _server.AcceptAsync(Ct);
        await server.ReadAsync(1);
        EndPoint local = forward.Ports[0].Local;
        await forward.DisposeAsync();
        await forward.Completion;
        await client.ExpectResetAsync();
        await server.ExpectResetAsync();
        using Socket late = new(SocketType.Stream, ProtocolType.Tcp);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(async () => await late.ConnectAsync(local, Ct))).SocketErrorCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_an_observer_throws_ends_the_forward_with_it()
    {
        await using PortForward forward = await _lab.ForwardAsync(_server.Port, Options() with { Observer = _ => throw new InvalidDataException("mine") });
        using Socket client = new(SocketType.Stream, ProtocolType.Tcp);
        Task connect = client.ConnectAsync(forward.Ports[0].Local, Ct).AsTask(); // may see the reset already
        Assert.Equal("mine", (await Assert.ThrowsAsync<InvalidDataException>(() => forward.Completion)).Message);
        await connect.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    Task<PortForward> ForwardAsync(string form) => _lab.ForwardAsync(_server.Port, Options() with { Connection = ForwardedLab.Only(form) });

    ForwardOptions Options() => new() { Addresses = ["127.0.0.1"], Observer = _events.Add };

    async Task EchoAsync(CancellationToken stop)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket socket = await _server.AcceptAsync(stop);
                connections.Add(Task.Run(async () =>
                {
                    using NetworkStream stream = new(socket, ownsSocket: true);
                    await stream.CopyToAsync(stream, CancellationToken.None);
                    socket.Shutdown(SocketShutdown.Send);
                }, CancellationToken.None));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
