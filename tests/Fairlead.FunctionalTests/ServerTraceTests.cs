using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Fairlead.Lab;
using Fairlead.Server;
using Fairlead.Server.Hosting;
using Fairlead.Server.Issued;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Builder;

namespace Fairlead.FunctionalTests;

/// <summary>The spans of what answers sessions: below their callers', and without a ticket. Alone, since whoever listens hears all of the process.</summary>
[Collection(Alone.Name)]
public sealed class ServerTraceTests : IDisposable
{
    const string Trace = "0af7651916cd43dd8448eb211c80319c", Span = "b7ad6b7169203331";

    static readonly string[] s_caller = [$"traceparent: 00-{Trace}-{Span}-01", "baggage: PLANTED=baggage"];

    readonly ConcurrentQueue<Activity> _ended = [];
    readonly ActivityListener _listener;

    public ServerTraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "Fairlead" or "Fairlead.Server",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    async Task<Activity> ServedAsync(int count = 1)
    {
        await Eventually.HoldsAsync(() => Served().Length == count, $"{count} spans of the server", cancellationToken: Ct);
        return Served()[^1];
    }

    Activity[] Served() => [.. _ended.Where(static each => each.Source.Name == "Fairlead.Server")];

    [Fact]
    public async Task A_session_is_below_its_clients_upgrade_and_says_how_it_ended()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        using StreamingClient client = new(GatewayRoom.EndpointOf(lab.Url, lab.AuthorityPem, lab.Users[0].Token));
        await using (RemoteProcess run = await client.ExecAsync(new("demo", "default", "shell"), ["sh", "-c", "exit 7", "PLANTED"], cancellationToken: Ct)) await run.WaitForExitAsync(Ct);
        Activity served = await ServedAsync(), upgrade = _ended.Single(static each => each.OperationName == "upgrade");
        Assert.Equal((upgrade.TraceId, upgrade.SpanId), (served.TraceId, served.ParentSpanId));
        Assert.Equal((7, "Completed", 101, "exec", "default", "demo", "shell"),
            (served.GetTagItem("process.exit.code"), served.GetTagItem("fairlead.end"), served.GetTagItem("http.response.status_code"), served.GetTagItem("fairlead.kind"),
            served.GetTagItem("k8s.namespace.name"), served.GetTagItem("k8s.pod.name"), served.GetTagItem("k8s.container.name")));
        Assert.DoesNotContain(served.TagObjects, static tag => $"{tag.Value}".Contains("PLANTED", StringComparison.Ordinal));

        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(new("nobody"), ["true"], cancellationToken: Ct));
        Activity refused = await ServedAsync(count: 2);
        Assert.Equal((404, "Refused", "nobody", ActivityStatusCode.Unset),
            (refused.GetTagItem("http.response.status_code"), refused.GetTagItem("fairlead.end"), refused.GetTagItem("k8s.pod.name"), refused.Status));
    }

    /// <summary>It lives as long as the session; what came by another connection says only that it did.</summary>
    [Fact]
    public async Task A_session_that_outlives_a_connection_has_one_span_and_each_further_connection_another_one()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy proxy = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        using StreamingClient client = new(GatewayRoom.EndpointOf(new Uri($"https://127.0.0.1:{proxy.Port}"), lab.AuthorityPem, lab.Users[0].Token));
        await using RemoteProcess run = await client.ExecAsync(new("demo", "default", "shell"), ["cat"], new ExecOptions { Stdin = true, Resume = TimeSpan.FromSeconds(30) }, Ct);
        proxy.Cut(CutKind.Reset);
        await run.StandardInput.WriteAsync("a"u8.ToArray(), Ct);
        await run.StandardInput.CompleteAsync();
        Assert.Equal(0, (await run.WaitForExitAsync(Ct)).Code);
        await ServedAsync(count: 2);
        Activity session = Assert.Single(Served(), static each => each.GetTagItem("fairlead.end") is not null), further = Assert.Single(Served(), static each => each.GetTagItem("fairlead.resumed") is true);
        Assert.Equal(("Completed", 0), (session.GetTagItem("fairlead.end"), session.GetTagItem("process.exit.code")));
        Assert.Equal(session.TraceId, further.TraceId);
    }

    [Fact]
    public async Task A_ticket_is_in_no_span_and_what_it_stands_for_is()
    {
        StreamTickets tickets = new(TimeProvider.System);
        await using WebApplication streams = StreamingHost.Build(null, static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        streams.MapIssuedStreams(tickets, new PodsApiOptions { Users = [] });
        await streams.StartAsync(Ct);
        string ticket = tickets.Issue(new IssuedForward((_, _) => throw new NotSupportedException(), "space", "pod", [80]))!;
        IPEndPoint address = new(IPAddress.Loopback, StreamingHost.AddressesOf(streams)[0].Port);
        foreach (int code in (int[])[101, 404]) // the second time it is good no more
        {
            await using RawWebSocket answered = await RawWebSocket.ConnectAsync(address, "/portforward/" + ticket, PortForwardProtocol.Direct.Name, headers: s_caller, cancellationToken: Ct);
            Assert.Equal(code, answered.StatusCode);
        }

        await ServedAsync(count: 2);
        Assert.All(Served(), each =>
        {
            Assert.Equal((Trace, Span, "GET /portforward/{ticket}", null), (each.TraceId.ToHexString(), each.ParentSpanId.ToHexString(), each.DisplayName, each.GetTagItem("url.path")));
            Assert.DoesNotContain(each.TagObjects, tag => $"{tag.Value}".Contains(ticket, StringComparison.Ordinal));
            Assert.Empty(each.Baggage);
        });
        Activity taken = Assert.Single(Served(), static each => each.GetTagItem("http.response.status_code") is 101);
        Assert.Equal(("space", "pod"), (taken.GetTagItem("k8s.namespace.name"), taken.GetTagItem("k8s.pod.name")));
    }

    [Theory]
    [InlineData("/exec/ns/p/c", "/exec/{namespace}/{pod}/{container}", "c")]
    [InlineData("/exec/ns/p/0b1c/c", "/exec/{namespace}/{pod}/{uid}/{container}", "c")]
    [InlineData("/attach/ns/p/c", "/attach/{namespace}/{pod}/{container}", "c")]
    [InlineData("/portForward/ns/p", "/portForward/{namespace}/{pod}", null)]
    [InlineData("/portForward/ns/p/0b1c", "/portForward/{namespace}/{pod}/{uid}", null)]
    [InlineData("/api/v1/namespaces/ns/pods/p/attach", "/api/v1/namespaces/{namespace}/pods/{pod}/attach", null)]
    public void A_path_is_told_with_its_names_and_by_its_route(string path, string route, string? container)
    {
        Server.Operations.SessionPath read = Server.Operations.SessionPath.Of(path)!.Value;
        Assert.Equal((path, route, "ns", "p", container), (read.Path, read.Route, read.Namespace, read.Pod, read.Container));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/namespaces/ns/services/s/proxy/PLANTED")]
    [InlineData("/logs/PLANTED")]
    public void Nothing_is_told_of_any_other_path(string path) => Assert.Null(Server.Operations.SessionPath.Of(path));

    /// <summary>Each tag that a span of these tests had is on the page.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/tracing.md"));
        Assert.All(Served().SelectMany(static each => each.TagObjects), tag => Assert.Contains($"`{tag.Key}`", page, StringComparison.Ordinal));
    }
}
