using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests.Forwarding.Browsing;

/// <summary>
/// A page, a WebSocket, server-sent events, gRPC and a database through one forward at once: nobody gets a byte of another's, and each
/// ends as it should.
/// </summary>
public sealed class BrowserLoadTests
{
    static readonly int s_pages = Repository.IsFull ? 25 : 3, s_streams = Repository.IsFull ? 100 : 25, s_talks = Repository.IsFull ? 10 : 2,
        s_connections = Repository.IsFull ? 90 : 12;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Directly()
    {
        await using ForwardedLab lab = await ForwardedLab.StartAsync(Ct);
        await BrowseAsync(lab.Client, "directly");
        Assert.InRange(lab.Proxy.AcceptedConnections, 1, 2); // all of it on one carrier; a second may stand by
    }

    [Theory(Timeout = 300_000), InlineData(false), InlineData(true)]
    public async Task Through_a_gateway(bool isHttp2)
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync();
        using (StreamingClient client = room.Client(shares: isHttp2)) await BrowseAsync(client, "through a gateway by HTTP/" + (isHttp2 ? "2" : "1.1"));
        await Eventually.HoldsAsync(() => room.Gateway.ActiveSessions == 0, "the forward is over", cancellationToken: Ct);
        Assert.All(room.Audit.Where(static record => record.ClientHttp is not null), record => Assert.Equal((isHttp2 ? "2" : "1.1", "2"), (record.ClientHttp, record.ServerHttp)));
    }

    static async Task BrowseAsync(StreamingClient client, string way)
    {
        await using PodPage page = await PodPage.StartAsync(Ct);
        ConcurrentQueue<Exception> faults = new();
        await using PodService database = new(async socket =>
        {
            try
            {
                await PodDatabase.ServeAsync(socket);
            }
            catch (Exception e) when (e is not IOException) // a client may reset its connection; nothing else may go wrong
            {
                faults.Enqueue(e);
            }
        });
        await using PortForward forward = await client.ForwardAsync(ForwardedLab.Pod, [new(0, page.Port), new(0, page.GrpcPort), new(0, database.Port)], cancellationToken: Ct);
        IPEndPoint[] local = [.. ((int[])[page.Port, page.GrpcPort, database.Port]).Select(port => (IPEndPoint)forward.Ports.First(one => one.Remote == port).Local)];
        Browser browser = new(local[0], local[1], local[2]);
        long begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(
        [
            .. Enumerable.Range(0, s_pages).Select(_ => browser.LoadPageAsync(Ct)),
            .. Enumerable.Range(0, s_talks).Select(_ => browser.TalkAsync(messages: 30, Ct)),
            .. Enumerable.Range(0, s_talks).Select(_ => browser.FollowEventsAsync(Ct)),
            browser.CallAsync(s_streams, messages: 8, Ct),
            .. Enumerable.Range(0, s_connections).Select(i => browser.QueryAsync(i, queries: 5, Ct)),
        ]);
        Measurement.Tell($"browser-like load {way}, {s_pages} pages, {s_streams} gRPC streams, {s_connections} database connections: {browser.Checked / 1048576.0:0.0} MiB checked in {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s by {forward.Connection}");
        Assert.Empty(faults);
        await Eventually.HoldsAsync(() => forward.OpenConnections == 0, "every connection has ended", cancellationToken: Ct);
    }
}
