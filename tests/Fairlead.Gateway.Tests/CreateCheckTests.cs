using System.Text.Json.Nodes;
using Fairlead.Client;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Forwarding;
using Fairlead.Testing;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>A session must be allowed as <c>create</c>: only an explicit yes is one, and it is kept for exactly who and what it was about.</summary>
public sealed class CreateCheckTests
{
    [Fact]
    public async Task The_review_is_the_callers_own_and_about_create()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        await (await pair.UpgradeAsync(headers: ["Authorization: Bearer t"])).DisposeAsync();
        RecordingUpstream.Seen review = pair.Upstream.Requests.First();
        Assert.Equal((RecordingUpstream.Reviews, "POST", "Bearer t"), (review.Target, review.Method, review.Header("Authorization")));
        JsonNode attributes = JsonNode.Parse(review.Body)!["spec"]!["resourceAttributes"]!;
        Assert.Equal(("ns", "create", "pods", "exec", "p"), ((string?)attributes["namespace"], (string?)attributes["verb"], (string?)attributes["resource"], (string?)attributes["subresource"], (string?)attributes["name"]));
    }

    [Theory]
    [InlineData(201, """{"status":{"allowed":false}}""")]
    [InlineData(201, """{"status":{"allowed":"true"}}""")]
    [InlineData(201, """{"status":{}}""")]
    [InlineData(201, "[]")]
    [InlineData(201, "not json")]
    [InlineData(200, "")]
    [InlineData(302, """{"status":{"allowed":true}}""")]
    [InlineData(404, """{"status":{"allowed":true}}""")]
    [InlineData(500, """{"status":{"allowed":true}}""")]
    public async Task Anything_but_yes_is_no(int code, string answer)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Review = context => RecordingUpstream.JsonAsync(context, code, answer);
        foreach (string method in (string[])["GET", "POST"])
        {
            await using RawWebSocket refused = await pair.UpgradeAsync(method: method);
            Assert.Equal(403, refused.StatusCode);
        }

        Assert.Empty(pair.Upstream.Others);
    }

    [Fact]
    public async Task A_server_that_drops_the_question_is_no()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Review = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await using RawWebSocket refused = await pair.UpgradeAsync();
        Assert.Equal(403, refused.StatusCode);
        Assert.Empty(pair.Upstream.Others);
    }

    [Fact]
    public async Task Who_is_not_known_is_told_so()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Review = context => RecordingUpstream.JsonAsync(context, 401, "{}");
        await using RawWebSocket refused = await pair.UpgradeAsync();
        Assert.Equal(401, refused.StatusCode);
    }

    [Fact]
    public async Task A_switch_leaves_the_question_to_the_server()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync((options, _) => options with { UpstreamChecksCreate = true });
        await (await pair.UpgradeAsync()).DisposeAsync();
        Assert.NotEmpty(pair.Upstream.Requests);
        Assert.DoesNotContain(pair.Upstream.Requests, seen => seen.Target == RecordingUpstream.Reviews);
    }

    [Fact]
    public async Task Yes_is_kept_for_ten_seconds_for_the_same_caller_and_pod_alone()
    {
        await using RecordingUpstream upstream = await RecordingUpstream.StartAsync();
        using UpstreamServer server = new(new GatewayOptions { Upstream = upstream.Endpoint() });
        FakeTimeProvider time = new();
        CreateCheck check = new(server, time);
        Caller jane = Token("jane"), joe = Token("joe");
        StreamTarget exec = Target("exec", "p");

        Assert.Equal(1, await AskedAsync(jane, exec));
        Assert.Equal(0, await AskedAsync(jane, exec));
        Assert.Equal(0, await AskedAsync(Token("jane"), exec));
        Assert.Equal(1, await AskedAsync(joe, exec));
        Assert.Equal(1, await AskedAsync(new Caller { User = "jane" }, exec, throws: true)); // no credentials of the gateway's: never asked with another's
        Assert.Equal(1, await AskedAsync(Token("jane", ("Impersonate-User", "joe")), exec));
        Assert.Equal(1, await AskedAsync(jane, Target("attach", "p")));
        Assert.Equal(1, await AskedAsync(jane, Target("exec", "q")));
        Assert.Equal(1, await AskedAsync(jane, exec with { Namespace = "other" }));
        time.Advance(AllowedAnswers.Lifetime);
        Assert.Equal(1, await AskedAsync(jane, exec));

        async Task<int> AskedAsync(Caller caller, StreamTarget target, bool throws = false)
        {
            int before = upstream.Requests.Count;
            if (throws)
            {
                await Assert.ThrowsAsync<InvalidOperationException>(() => check.RefusalAsync(caller, target, true, TestContext.Current.CancellationToken));
                return 1;
            }

            Assert.Null(await check.RefusalAsync(caller, target, true, TestContext.Current.CancellationToken));
            return upstream.Requests.Count - before;
        }
    }

    [Fact]
    public async Task No_is_not_kept_and_a_running_session_is_asked_about_anew()
    {
        await using RecordingUpstream upstream = await RecordingUpstream.StartAsync();
        using UpstreamServer server = new(new GatewayOptions { Upstream = upstream.Endpoint() });
        CreateCheck check = new(server, new FakeTimeProvider());
        RequestDelegate yes = upstream.Review;
        upstream.Review = context => RecordingUpstream.JsonAsync(context, 201, """{"status":{"allowed":false}}""");
        Assert.Equal(403, (await AskAsync(useKept: true))?.Code);
        upstream.Review = yes;
        Assert.Null(await AskAsync(useKept: true));
        upstream.Review = context => RecordingUpstream.JsonAsync(context, 201, """{"status":{"allowed":false}}""");
        Assert.Null(await AskAsync(useKept: true));
        Assert.Equal(403, (await AskAsync(useKept: false))?.Code);

        Task<Status?> AskAsync(bool useKept) => check.RefusalAsync(Token("jane"), Target("exec", "p"), useKept, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_is_kept_is_bounded()
    {
        await using RecordingUpstream upstream = await RecordingUpstream.StartAsync();
        using UpstreamServer server = new(new GatewayOptions { Upstream = upstream.Endpoint() });
        FakeTimeProvider time = new();
        CreateCheck check = new(server, time);
        await Parallel.ForEachAsync(Enumerable.Range(0, AllowedAnswers.Most + 100), TestContext.Current.CancellationToken, async (i, cancellationToken) =>
            Assert.Null(await check.RefusalAsync(Token("jane"), Target("exec", $"p{i}"), true, cancellationToken)));
        Assert.Equal(AllowedAnswers.Most, check.Kept);
        time.Advance(AllowedAnswers.Lifetime);
        Assert.Null(await check.RefusalAsync(Token("jane"), Target("exec", "fresh"), true, TestContext.Current.CancellationToken));
        Assert.Equal(1, check.Kept);
    }

    static Caller Token(string token, params (string Name, string Value)[] more) => new()
    {
        Headers = [new("Authorization", "Bearer " + token), .. more.Select(static header => KeyValuePair.Create(header.Name, new StringValues(header.Value)))],
    };

    static StreamTarget Target(string what, string pod) => new("", "ns", pod, null, what, false);
}
