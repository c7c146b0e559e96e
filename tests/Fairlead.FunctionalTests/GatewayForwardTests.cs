using System.Net.Sockets;
using Fairlead.Lab;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.FunctionalTests;

/// <summary>The second table of docs/gateway.md: each pairing of port-forward is checked for what it promises.</summary>
public sealed class GatewayForwardTests(GatewayForwardTests.Rooms rooms) : IClassFixture<GatewayForwardTests.Rooms>
{
    static readonly PodReference Pod = new("demo");

    /// <summary>Client, server, promise: every cell.</summary>
    public static TheoryData<string, string, string> Cells
    {
        get
        {
            TheoryData<string, string, string> cells = [];
            string[][] rows = [.. File.ReadLines(Path.Combine(Repository.Root, "docs", "gateway.md")).SkipWhile(line => !line.StartsWith("| client | WebSocket own v2", StringComparison.Ordinal))
                .TakeWhile(line => line.StartsWith('|')).Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries))];
            foreach (string[] row in rows.Skip(2))
            {
                for (int i = 1; i < row.Length; i++) cells.Add(row[0], rows[0][i], row[i]);
            }

            return cells;
        }
    }

    [Fact]
    public void The_table_has_every_pairing() => Assert.Equal(5 * 5, Cells.Count);

    [Theory, MemberData(nameof(Cells))]
    public Task A_pairing_carries_what_the_table_says(string client, string server, string promise) =>
        ExpectAsync(client, server, promise, shares: false, bytes: client.StartsWith("WebSocket own", StringComparison.Ordinal) ? 64 << 20 : 4 << 20);

    [Theory, MemberData(nameof(Cells)), Trait("Case", "C9")]
    public Task A_pairing_carries_the_same_over_HTTP2(string client, string server, string promise) => ExpectAsync(client, server, promise, shares: true, bytes: 4 << 20);

    async Task ExpectAsync(string client, string server, string promise, bool shares, int bytes)
    {
        string[] promises = promise.Split(", ");
        GatewayRoom room = await rooms.ForAsync(server, shares);
        using StreamingClient gateway = room.Client(shares: shares);
        PortForwardOptions options = new() { Protocols = [Form(client)] };
        await ExpectDataAsync(gateway, options, ends: promises.Contains("end"), bytes);
        if (promises.Contains("end")) await ExpectHalfCloseAsync(gateway, options);
        if (promises.Contains("reset")) await ExpectResetAsync(gateway, options);
        await Eventually.HoldsAsync(() => room.Gateway.ActiveSessions == 0, "the sessions are over", cancellationToken: Ct);

        // a carrier that the client kept in reserve, and gave up while it was dialled, is told too
        Assert.Equal([Form(server).Description], room.Audit.Where(record => record.End != "Abandoned").Select(record => record.ServerProtocol).Distinct());
    }

    [Theory, Trait("Case", "C5")]
    [InlineData("WebSocket own v2")]
    [InlineData("WebSocket tunnel")]
    [InlineData("SPDY")]
    public async Task A_spare_carrier_that_cannot_be_dialled_cuts_no_connection(string client)
    {
        bool refuses = false;
        int refused = 0;
        await using LabServer lab = await LabServer.StartAsync(new LabOptions { PortForwardProtocols = [PortForwardProtocol.Direct] }, Ct);
        SocketsHttpHandler handler = GatewayRoom.HandlerOf(lab.AuthorityPem);
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            if (Volatile.Read(ref refuses))
            {
                Interlocked.Increment(ref refused);
                throw new IOException("no more connections");
            }

            Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        await using GatewayRoom room = await GatewayRoom.StartAsync(shared: lab, configure: options => options with { Upstream = new KubernetesEndpoint(lab.Url, handler), UpstreamSharesConnections = false });
        await using PodService echo = new(PodService.EchoAsync);
        using StreamingClient gateway = room.Client();
        await using ForwardSession session = await gateway.OpenForwardAsync(Pod, [echo.Port], new() { Protocols = [Form(client)] }, Ct);
        Volatile.Write(ref refuses, true);
        await using ForwardedStream first = await session.ConnectAsync(echo.Port, Ct);
        await EchoAsync(first);
        await Eventually.HoldsAsync(() => Volatile.Read(ref refused) > 0, "a spare was refused", cancellationToken: Ct);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await using ForwardedStream none = await session.ConnectAsync(echo.Port, Ct);
            await EchoAsync(none);
        });
        await EchoAsync(first);
        Volatile.Write(ref refuses, false);
        await using ForwardedStream later = await session.ConnectAsync(echo.Port, Ct);
        await EchoAsync(later);
        await EchoAsync(first);
        Assert.False(session.Ended.IsCompleted);
    }

    static async Task EchoAsync(ForwardedStream connection)
    {
        await connection.WriteAsync("x"u8.ToArray(), Ct);
        await connection.ReadExactlyAsync(new byte[1], Ct);
    }

    static async Task ExpectDataAsync(StreamingClient gateway, PortForwardOptions options, bool ends, int bytes)
    {
        await using PodService echo = new(PodService.EchoAsync);
        byte[] content = new byte[bytes];
        Random.Shared.NextBytes(content);
        await using ForwardedStream connection = await gateway.ConnectAsync(Pod, echo.Port, options, Ct);
        Task sending = Task.Run(async () =>
        {
            await connection.WriteAsync(content, Ct);
            if (ends) await connection.CompleteWritesAsync(Ct);
        }, Ct);
        byte[] answer = new byte[bytes];
        await connection.ReadExactlyAsync(answer, Ct);
        await sending;
        Assert.True(content.AsSpan().SequenceEqual(answer));
        if (ends) Assert.Equal(0, await connection.ReadAsync(new byte[1], Ct));
    }

    static async Task ExpectHalfCloseAsync(StreamingClient gateway, PortForwardOptions options)
    {
        TaskCompletionSource<string> heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using PodService service = new(async socket =>
        {
            using StreamReader reader = new(new NetworkStream(socket));
            await socket.SendAsync("greeting"u8.ToArray(), Ct);
            socket.Shutdown(SocketShutdown.Send);
            heard.SetResult(await reader.ReadToEndAsync(Ct));
        });
        await using ForwardedStream connection = await gateway.ConnectAsync(Pod, service.Port, options, Ct);
        using (StreamReader reader = new(connection, leaveOpen: true)) Assert.Equal("greeting", await reader.ReadToEndAsync(Ct));
        await connection.WriteAsync("still here"u8.ToArray(), Ct);
        await connection.CompleteWritesAsync(Ct);
        Assert.Equal("still here", await heard.Task.WaitAsync(Ct));
    }

    static async Task ExpectResetAsync(StreamingClient gateway, PortForwardOptions options)
    {
        await using PodService service = new(async socket =>
        {
            byte[] first = new byte[1];
            await socket.ReceiveAsync(first);
            if (first[0] == 'r') PodService.Reset(socket);
            else await socket.SendAsync(first);
        });
        await using ForwardSession session = await gateway.OpenForwardAsync(Pod, [service.Port], options, Ct);
        await using ForwardedStream good = await session.ConnectAsync(service.Port, Ct), bad = await session.ConnectAsync(service.Port, Ct);
        await Assert.ThrowsAsync<ForwardResetException>(async () =>
        {
            await bad.WriteAsync("r"u8.ToArray(), Ct); // the reset may be here before the write has returned
            await bad.ReadExactlyAsync(new byte[1], Ct);
        });
        await good.WriteAsync("g"u8.ToArray(), Ct);
        byte[] answer = new byte[1];
        await good.ReadExactlyAsync(answer, Ct);
        Assert.Equal((byte)'g', answer[0]);
    }

    static PortForwardProtocol Form(string name) => name switch
    {
        "WebSocket own v2" => PortForwardProtocol.Conversations,
        "WebSocket own v1" => PortForwardProtocol.Direct,
        "WebSocket tunnel" => PortForwardProtocol.Tunnel,
        "WebSocket channels" => PortForwardProtocol.ChannelsV4,
        "SPDY" => PortForwardProtocol.Spdy,
        _ => throw new FormatException(name),
    };

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>One lab and one gateway a column.</summary>
    public sealed class Rooms : IAsyncDisposable
    {
        readonly Dictionary<(string, bool), GatewayRoom> _rooms = [];

        internal async Task<GatewayRoom> ForAsync(string server, bool shares)
        {
            if (_rooms.TryGetValue((server, shares), out GatewayRoom? room)) return room;
            room = await GatewayRoom.StartAsync(new LabOptions { PortForwardProtocols = [Form(server)] }, options => options with { UpstreamSharesConnections = shares });
            return _rooms[(server, shares)] = room;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (GatewayRoom room in _rooms.Values) await room.DisposeAsync();
        }
    }
}
