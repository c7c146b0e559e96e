using System.Diagnostics;
using System.Net;
using Fairlead.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>What the gateway takes of its callers' traces, and what the server behind is told: an id, and never a text of a caller's.</summary>
public sealed class TraceTests : IDisposable
{
    const string Trace = "0af7651916cd43dd8448eb211c80319c", Span = "b7ad6b7169203331";

    readonly string _pod = "p" + Guid.NewGuid().ToString("N");
    readonly ToldOnceTests.Traces _told;

    public TraceTests() => _told = new(_pod);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("exec?command=ls&stdout=true", "v5.channel.k8s.io", "exec")]
    [InlineData("attach?stdout=true", "v4.channel.k8s.io", "attach")]
    [InlineData("portforward?ports=80", "SPDY/3.1+portforward.k8s.io", "portforward")]
    public async Task A_session_is_a_part_of_its_callers_trace_and_so_is_what_is_asked_for_it(string what, string subprotocol, string kind)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        RecordingUpstream.Seen[] seen = await AskAsync(pair, what, subprotocol,
            [$"traceparent: 00-{Trace}-{Span}-01", "tracestate: a=PLANTED-state", "baggage: PLANTED=baggage"]);
        Activity span = Assert.Single(_told.Ended);
        Assert.Equal((Trace, Span, ActivityKind.Server, $"GET /api/v1/namespaces/{{namespace}}/pods/{{pod}}/{kind}"),
            (span.TraceId.ToHexString(), span.ParentSpanId.ToHexString(), span.Kind, span.DisplayName));
        Assert.Equal((kind, "GET", $"/api/v1/namespaces/ns/pods/{_pod}/{kind}", 502, "Refused"),
            (span.GetTagItem("fairlead.kind"), span.GetTagItem("http.request.method"), span.GetTagItem("url.path"), span.GetTagItem("http.response.status_code"), span.GetTagItem("fairlead.end")));
        Assert.Equal(("502", ActivityStatusCode.Error), (span.GetTagItem("error.type"), span.Status));
        Assert.True(seen.Length > 1); // the review, and the session
        Assert.All(seen, request =>
        {
            Assert.Equal(span.Id, request.Header("traceparent"));
            Assert.Empty(request.Lines("baggage"));
            Assert.Empty(request.Lines("tracestate"));
        });
    }

    [Theory]
    [InlineData("traceparent: nonsense")]
    [InlineData("traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("traceparent: 00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("traceparent: 00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("traceparent: ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "traceparent: 00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("baggage: a=b")]
    public async Task What_cannot_be_read_as_one_trace_is_as_none(params string[] headers)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        RecordingUpstream.Seen[] seen = await AskAsync(pair, "exec?command=ls&stdout=true", "v5.channel.k8s.io", headers);
        Activity span = Assert.Single(_told.Ended);
        Assert.Equal((default, false), (span.ParentSpanId, span.TraceId.ToHexString() == Trace));
        Assert.All(seen, request => Assert.Equal(span.Id, request.Header("traceparent")));
    }

    /// <summary>The server behind is named the gateway's own span also where it takes the upgrade itself.</summary>
    [Fact]
    public async Task An_upgrade_of_another_kind_names_the_gateways_span_too()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        await using RawWebSocket passed = await pair.UpgradeAsync("/apis/x/PLANTED-path?a=PLANTED", [$"traceparent: 00-{Trace}-{Span}-01", "baggage: PLANTED=baggage"]);
        RecordingUpstream.Seen seen = Assert.Single(pair.Upstream.Others);
        Assert.StartsWith($"00-{Trace}-", seen.Header("traceparent"), StringComparison.Ordinal);
        Assert.DoesNotContain(Span, seen.Header("traceparent"), StringComparison.Ordinal);
        Assert.Empty(seen.Lines("baggage"));
    }

    async Task<RecordingUpstream.Seen[]> AskAsync(GatewayPair pair, string what, string subprotocol, string[] headers)
    {
        await using RawWebSocket refused = await pair.UpgradeAsync($"/api/v1/namespaces/ns/pods/{_pod}/{what}", headers, subprotocol);
        Assert.Equal((int)HttpStatusCode.BadGateway, refused.StatusCode);
        await Eventually.HoldsAsync(() => _told.Ended.Length > 0, "the span has ended", cancellationToken: Ct);
        return [.. pair.Upstream.Requests];
    }

    public void Dispose() => _told.Dispose();
}
