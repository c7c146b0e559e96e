using System.Diagnostics;
using System.Net.Sockets;

namespace Fairlead.Testing.Tests;

public sealed class FaultProxyTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task Forwards_everything_and_the_half_close()
    {
        await using EchoServer server = new();
        await using FaultProxy proxy = new(server.EndPoint);
        using Socket client = await ConnectAsync(proxy, TestContext.Current.CancellationToken);
        using RandomByteStream bytes = new(3_000_000, 7);
        await using NetworkStream stream = new(client);

        Task<ByteTally> back = ByteTally.OfAsync(stream, cancellationToken: Token);
        await bytes.CopyToAsync(stream, Token);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(new ByteTally(3_000_000, bytes.Sha256), await back);
        Assert.Null(await server.Ended);
        Assert.Equal((3_000_000, 3_000_000), (proxy.BytesToServer, proxy.BytesToClient));
        await Eventually.HoldsAsync(() => proxy.OpenConnections == 0, "the connection is done", cancellationToken: Token);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(CutKind.Fin)]
    [InlineData(CutKind.Reset)]
    public async Task Cuts_after_exactly_so_many_bytes(CutKind kind)
    {
        await using EchoServer server = new();
        await using FaultProxy proxy = new(server.EndPoint, new() { CutAfterBytesToServer = 50_001, CutWith = kind });
        using Socket client = await ConnectAsync(proxy, TestContext.Current.CancellationToken);
        await client.SendAsync(new byte[50_001], Token);

        if (kind == CutKind.Reset) await Assert.ThrowsAsync<SocketException>(() => DrainAsync(client));
        else await DrainAsync(client);

        Assert.Equal(50_001, proxy.BytesToServer);
        Assert.Equal(kind == CutKind.Reset, await server.Ended is SocketException);
    }

    [Fact(Timeout = 30_000)]
    public async Task Cuts_on_command()
    {
        await using EchoServer server = new();
        await using FaultProxy proxy = new(server.EndPoint);
        using Socket client = await ConnectAsync(proxy, TestContext.Current.CancellationToken);
        await EchoAsync(client, 10);

        proxy.Cut(CutKind.Reset);

        SocketException e = await Assert.ThrowsAsync<SocketException>(() => DrainAsync(client));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
    }

    [Fact(Timeout = 30_000)]
    public async Task Cuts_what_is_silent_and_not_what_talks()
    {
        await using EchoServer server = new();
        await using FaultProxy proxy = new(server.EndPoint, new() { CutAfterSilence = TimeSpan.FromMilliseconds(500), CutWith = CutKind.Fin });
        using Socket client = await ConnectAsync(proxy, TestContext.Current.CancellationToken);

        long begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(1)) await EchoAsync(client, 1);
        long fellSilent = Stopwatch.GetTimestamp();

        Assert.Equal(0, await DrainAsync(client));
        Assert.True(Stopwatch.GetElapsedTime(fellSilent) > TimeSpan.FromMilliseconds(400));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_black_hole_swallows_one_direction_until_it_is_lifted()
    {
        await using EchoServer server = new();
        await using FaultProxy proxy = new(server.EndPoint);
        using Socket client = await ConnectAsync(proxy, TestContext.Current.CancellationToken);
        await EchoAsync(client, 10);

        proxy.BlackHole(ProxyDirections.ToClient);
        await client.SendAsync("lost"u8.ToArray(), Token);
        await Eventually.HoldsAsync(() => proxy.BytesToServer == 14, "the other direction still flows", cancellationToken: Token);
        Assert.Equal(0, client.Available);
        Assert.Equal(10, proxy.BytesToClient);

        proxy.BlackHole(ProxyDirections.None);
        byte[] back = new byte[4];
        Assert.Equal(4, await client.ReceiveAsync(back, Token));
    }

    [Fact(Timeout = 30_000)]
    public async Task Latency_delays_each_byte_and_not_each_chunk_after_the_other()
    {
        TimeSpan latency = TimeSpan.FromMilliseconds(100);
        await using EchoServer server = new();
        await using FaultProxy proxy = new(server.EndPoint, new() { Latency = latency });
        using Socket client = await ConnectAsync(proxy, TestContext.Current.CancellationToken);

        long begun = Stopwatch.GetTimestamp();
        await EchoAsync(client, 1);
        TimeSpan one = Stopwatch.GetElapsedTime(begun);
        Assert.True(one >= 2 * latency - TimeSpan.FromMilliseconds(10), $"{one}");

        begun = Stopwatch.GetTimestamp();
        await EchoAsync(client, 640 * 1024); // 40 chunks: one after the other they would take 40 times the latency
        Assert.True(Stopwatch.GetElapsedTime(begun) < 20 * one, $"{Stopwatch.GetElapsedTime(begun)} against {one}");
    }

    [Fact(Timeout = 30_000)]
    public async Task A_limited_line_is_no_faster_than_its_rate()
    {
        await using EchoServer server = new();
        await using FaultProxy proxy = new(server.EndPoint, new() { BytesPerSecond = 200_000 });
        using Socket client = await ConnectAsync(proxy, TestContext.Current.CancellationToken);

        long begun = Stopwatch.GetTimestamp();
        await EchoAsync(client, 100_000);

        Assert.True(Stopwatch.GetElapsedTime(begun) > TimeSpan.FromMilliseconds(450));
    }

    [Fact(Timeout = 30_000)]
    public async Task Round_trips_are_counted_by_what_can_have_caused_what()
    {
        await using EchoServer server = new();
        await using FaultProxy proxy = new(server.EndPoint, new() { Latency = TimeSpan.FromMilliseconds(200) });
        using (Socket client = await ConnectAsync(proxy, Token))
        {
            await EchoAsync(client, 1);
            Assert.Equal(2, proxy.RoundTrips); // the first is the connection's own
            await client.SendAsync(new byte[1], Token);
            await client.SendAsync(new byte[1], Token); // behind it, and not because of an answer
            for (int got = 0; got < 2;) got += await client.ReceiveAsync(new byte[2], Token);
            Assert.Equal(3, proxy.RoundTrips);
            await client.SendAsync(new byte[1], Token);
        }

        await Eventually.HoldsAsync(() => proxy.OpenConnections == 0, "the last answer has come too late", cancellationToken: Token);
        Assert.Equal(3, proxy.RoundTrips);
    }

    static async Task<Socket> ConnectAsync(FaultProxy proxy, CancellationToken cancellationToken)
    {
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(proxy.EndPoint, cancellationToken);
        return client;
    }

    static async Task EchoAsync(Socket client, int length)
    {
        Task sending = client.SendAsync(new byte[length], Token).AsTask();
        byte[] buffer = new byte[length];
        for (int read = 0; read < length;)
        {
            int count = await client.ReceiveAsync(buffer, Token);
            Assert.NotEqual(0, count);
            read += count;
        }

        await sending;
    }

    static async Task<long> DrainAsync(Socket client)
    {
        byte[] buffer = new byte[16 * 1024];
        long total = 0;
        int read;
        while ((read = await client.ReceiveAsync(buffer, Token)) > 0) total += read;
        return total;
    }
}
