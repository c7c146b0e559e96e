using System.Text.Json.Nodes;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Forwarding;
using Fairlead.Gateway.Operations;
using Fairlead.Server.Requests;
using Fairlead.Testing;
using Fairlead.Upgrades.Reviews;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
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
    [InlineData(201, """{"status":{"allowed":false}}""", 403)]
    [InlineData(201, """{"status":{"allowed":false,"denied":true,"evaluationError":"a role is missing"}}""", 403)]
    [InlineData(403, """{"kind":"Status","code":403}""", 403)]
    [InlineData(201, """{"status":{"allowed":false,"evaluationError":"the webhook timed out"}}""", 503)]
    [InlineData(201, """{"status":{"allowed":"true"}}""", 503)]
    [InlineData(201, """{"status":{}}""", 503)]
    [InlineData(201, "[]", 503)]
    [InlineData(201, "not json", 503)]
    [InlineData(200, "", 503)]
    [InlineData(302, """{"status":{"allowed":true}}""", 503)]
    [InlineData(404, """{"status":{"allowed":true}}""", 503)]
    [InlineData(429, """{"status":{"allowed":true}}""", 503)]
    [InlineData(500, """{"status":{"allowed":true}}""", 503)]
    [InlineData(503, """{"status":{"allowed":true}}""", 503)]
    [InlineData(504, "", 503)]
    [Trait("Case", "C8")]
    public async Task Anything_but_yes_is_closed_and_only_no_is_forbidden(int code, string answer, int refusal)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Review = context => RecordingUpstream.JsonAsync(context, code, answer);
        foreach (string method in (string[])["GET", "POST"])
        {
            await using RawWebSocket refused = await pair.UpgradeAsync(method: method);
            Assert.Equal(refusal, refused.StatusCode);
        }

        Assert.Equal(refusal, await pair.CodeAsync(isHttp2: true));
        Assert.Empty(pair.Upstream.Others);
    }

    [Fact]
    [Trait("Case", "C8")]
    public async Task A_server_that_drops_the_question_could_not_be_asked()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Review = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await using RawWebSocket refused = await pair.UpgradeAsync();
        Assert.Equal(503, refused.StatusCode);
        Assert.Empty(pair.Upstream.Others);
        await pair.Upstream.DisposeAsync();
        await using RawWebSocket away = await pair.UpgradeAsync();
        Assert.Equal(503, away.StatusCode);
    }

    [Fact]
    [Trait("Case", "C8")]
    public async Task A_server_that_is_too_slow_to_be_asked_is_late_and_nothing_else()
    {
        await using RecordingUpstream upstream = await RecordingUpstream.StartAsync();
        using UpstreamServer server = new(new GatewayOptions { Upstream = upstream.Endpoint() });
        FakeTimeProvider time = new();
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new();
        upstream.Review = async context =>
        {
            asked.SetResult();
            await go.Task.WaitAsync(context.RequestAborted);
        };
        Task<CreateAnswer> answer = Check(server, time).AskAsync(Token("jane"), Target("exec", "p"), true, TestContext.Current.CancellationToken);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(504, Assert.IsType<CreateAnswer.CouldNotBeAsked>(await answer).Status.Code);
        go.SetResult();
    }

    [Fact]
    [Trait("Case", "C8")]
    public async Task Credentials_of_the_gateways_that_fail_are_renewed_once_and_are_no_fault_of_the_callers()
    {
        await using RecordingUpstream upstream = await RecordingUpstream.StartAsync();
        List<bool> renewed = [];
        KubernetesEndpoint own = new(upstream.Url, new SocketsHttpHandler { UseProxy = false })
        {
            Authorize = (_, renew, _) =>
            {
                renewed.Add(renew);
                return renewed.Count > 2 ? throw new InvalidDataException("no token") : ValueTask.CompletedTask;
            },
        };
        using UpstreamServer server = new(new GatewayOptions { Upstream = upstream.Endpoint(), Own = own });
        CreateCheck check = Check(server, new FakeTimeProvider());
        upstream.Review = context => RecordingUpstream.JsonAsync(context, 401, "{}");
        Caller jane = new() { User = "jane" };
        Assert.Equal(503, Assert.IsType<CreateAnswer.CouldNotBeAsked>(await check.AskAsync(jane, Target("exec", "p"), true, TestContext.Current.CancellationToken)).Status.Code);
        Assert.Equal([false, true], renewed);
        Assert.IsType<CreateAnswer.CouldNotBeAsked>(await check.AskAsync(jane, Target("exec", "p"), true, TestContext.Current.CancellationToken));
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
        CreateCheck check = Check(server, time);
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
                await Assert.ThrowsAsync<InvalidOperationException>(() => check.AskAsync(caller, target, true, TestContext.Current.CancellationToken));
                return 1;
            }

            Assert.IsType<CreateAnswer.Allowed>(await check.AskAsync(caller, target, true, TestContext.Current.CancellationToken));
            return upstream.Requests.Count - before;
        }
    }

    [Fact]
    public async Task No_is_not_kept_and_a_running_session_is_asked_about_anew()
    {
        await using RecordingUpstream upstream = await RecordingUpstream.StartAsync();
        using UpstreamServer server = new(new GatewayOptions { Upstream = upstream.Endpoint() });
        CreateCheck check = Check(server, new FakeTimeProvider());
        RequestDelegate yes = upstream.Review;
        upstream.Review = context => RecordingUpstream.JsonAsync(context, 201, """{"status":{"allowed":false}}""");
        Assert.Equal(403, (await AskAsync(useKept: true))?.Code);
        upstream.Review = yes;
        Assert.Null(await AskAsync(useKept: true));
        upstream.Review = context => RecordingUpstream.JsonAsync(context, 201, """{"status":{"allowed":false}}""");
        Assert.Null(await AskAsync(useKept: true));
        Assert.Equal(403, (await AskAsync(useKept: false))?.Code);

        async Task<Status?> AskAsync(bool useKept) => (await check.AskAsync(Token("jane"), Target("exec", "p"), useKept, TestContext.Current.CancellationToken)).Refusal;
    }

    [Fact]
    public async Task What_is_kept_is_bounded()
    {
        await using RecordingUpstream upstream = await RecordingUpstream.StartAsync();
        using UpstreamServer server = new(new GatewayOptions { Upstream = upstream.Endpoint() });
        FakeTimeProvider time = new();
        CreateCheck check = Check(server, time);
        await Parallel.ForEachAsync(Enumerable.Range(0, AllowedAnswers.Most + 100), TestContext.Current.CancellationToken, async (i, cancellationToken) =>
            Assert.IsType<CreateAnswer.Allowed>(await check.AskAsync(Token("jane"), Target("exec", $"p{i}"), true, cancellationToken)));
        Assert.Equal(AllowedAnswers.Most, check.Kept);
        time.Advance(AllowedAnswers.Lifetime);
        Assert.IsType<CreateAnswer.Allowed>(await check.AskAsync(Token("jane"), Target("exec", "fresh"), true, TestContext.Current.CancellationToken));
        Assert.Equal(1, check.Kept);
    }

    static CreateCheck Check(UpstreamServer server, TimeProvider time) => new(server, time, new ReviewerAbsences(time, TimeSpan.FromMinutes(1)), NullLogger.Instance);

    static Caller Token(string token, params (string Name, string Value)[] more) => new()
    {
        Headers = [new("Authorization", "Bearer " + token), .. more.Select(static header => KeyValuePair.Create(header.Name, new StringValues(header.Value)))],
    };

    static StreamTarget Target(string what, string pod) => new("", "ns", pod, null, what, false, QueryParameters.Empty);
}
