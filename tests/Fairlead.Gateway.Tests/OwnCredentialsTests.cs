using System.Net;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Forwarding;
using Fairlead.Gateway.Operations;
using Fairlead.Server.Requests;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>Credentials of the gateway's that are slow, wrong or not to be had are no fault of the caller's, nor of the server's behind.</summary>
public sealed class OwnCredentialsTests : IDisposable
{
    const string Forward = "/api/v1/namespaces/ns/pods/p/portforward?ports=80", Pods = "/api/v1/namespaces/ns/pods";

    static readonly string[] s_webSocket =
    [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: v5.channel.k8s.io, SPDY/3.1+portforward.k8s.io",
    ];

    readonly TestAuthority _authority = new();
    readonly X509Certificate2 _jane;

    public OwnCredentialsTests() => _jane = _authority.IssueClientSubject("CN=jane");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact, Trait("Case", "C20")]
    public async Task The_servers_time_begins_when_the_credentials_are_there()
    {
        await using RecordingUpstream upstream = await RecordingUpstream.StartAsync();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using UpstreamServer server = new(new GatewayOptions
        {
            Upstream = upstream.Endpoint(),
            Own = Own(upstream, async (_, _, cancellationToken) =>
            {
                begun.SetResult();
                await go.Task.WaitAsync(cancellationToken);
            }),
        });
        FakeTimeProvider time = new();
        CreateCheck check = new(server, time, new ReviewerAbsences(time, TimeSpan.FromMinutes(1)), NullLogger.Instance);
        Task<CreateAnswer> answer = check.AskAsync(new Caller { User = "jane" }, new("", "ns", "p", null, "exec", false, QueryParameters.Empty), true, Ct);
        await begun.Task.WaitAsync(Eventually.Patience, Ct);
        time.Advance(TimeSpan.FromMinutes(2));
        go.SetResult();
        Assert.IsType<CreateAnswer.Allowed>(await answer.WaitAsync(Eventually.Patience, Ct));
    }

    /// <summary>Where nobody is as patient as the plugin is slow, the next caller finds what was begun for the one before.</summary>
    [Fact, Trait("Case", "C20")]
    public async Task A_caller_that_leaves_does_not_end_what_fetches_the_credentials()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool wasCancelled = false;
        await using GatewayPair pair = await StartAsync(async (_, _, cancellationToken) =>
        {
            begun.TrySetResult();
            using CancellationTokenRegistration noted = cancellationToken.Register(() => wasCancelled = true);
            await go.Task;
        });
        using (HttpClient client = pair.Client(_jane))
        using (CancellationTokenSource leaves = CancellationTokenSource.CreateLinkedTokenSource(Ct))
        {
            Task<HttpResponseMessage> asking = client.GetAsync(Pods, leaves.Token);
            await begun.Task.WaitAsync(Eventually.Patience, Ct);
            await leaves.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        }

        go.SetResult();
        (await pair.SendAsync(Pods, [], _jane)).EnsureSuccessStatusCode();
        Assert.False(wasCancelled);
    }

    [Theory, Trait("Case", "C4")]
    [InlineData(GatewayPair.Exec)]
    [InlineData(Forward)]
    [InlineData(Pods)]
    public async Task Credentials_that_the_server_does_not_take_are_the_gateways_fault(string target)
    {
        List<bool> renewed = [];
        await using GatewayPair pair = await StartAsync((_, renew, _) =>
        {
            lock (renewed) renewed.Add(renew);
            return ValueTask.CompletedTask;
        });
        foreach (string body in (string[])["", """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"""])
        {
            pair.Upstream.Other = context => RecordingUpstream.JsonAsync(context, 401, body);
            using HttpResponseMessage refused = await pair.SendAsync(target, target == Pods ? [] : s_webSocket, _jane);
            string said = await refused.Content.ReadAsStringAsync(Ct);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("does not take the gateway's own credentials", said, StringComparison.Ordinal);
        }

        Assert.Equal([false, true, false, true], renewed);
        Assert.Contains(pair.Logged.Entries, static entry => entry.Level == LogLevel.Warning && entry.Text.Contains("own credentials", StringComparison.Ordinal));
    }

    [Fact, Trait("Case", "C4")]
    public async Task An_ordinary_request_is_sent_once_more_with_new_credentials_where_it_has_no_body()
    {
        string token = "old";
        await using GatewayPair pair = await StartAsync((request, renew, _) =>
        {
            if (renew) token = "new";
            request.Headers.Authorization = new("Bearer", token);
            return ValueTask.CompletedTask;
        });
        pair.Upstream.Other = context => context.Request.Headers.Authorization == "Bearer new" ? context.Response.WriteAsync("ok") : RecordingUpstream.JsonAsync(context, 401, "{}");
        using HttpResponseMessage got = await pair.SendAsync(Pods + "?limit=1", ["X-Kept: 1"], _jane);
        Assert.Equal((HttpStatusCode.OK, "ok"), (got.StatusCode, await got.Content.ReadAsStringAsync(Ct)));
        Assert.Equal(["Bearer old", "Bearer new"], pair.Upstream.Requests.Select(static seen => seen.Header("Authorization")));
        Assert.All(pair.Upstream.Requests, static seen => Assert.Equal((Pods + "?limit=1", "1", "jane"), (seen.Target, seen.Header("X-Kept"), seen.Header("Impersonate-User"))));

        token = "old";
        using HttpClient client = pair.Client(_jane);
        using StringContent first = new("a body"), second = new("a body");
        using HttpResponseMessage refused = await client.PostAsync(Pods, first, Ct);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        (await client.PostAsync(Pods, second, Ct)).EnsureSuccessStatusCode(); // the credentials were fetched anew before it was sent
        Assert.Equal(4, pair.Upstream.Requests.Count);
    }

    /// <summary>What stands behind the API server's proxy has users of its own, and refuses them itself.</summary>
    [Theory, Trait("Case", "C4")]
    [InlineData("/api/v1/namespaces/ns/services/https:s:443/proxy/login")]
    [InlineData("/api/v1/namespaces/ns/pods/p/proxy")]
    [InlineData("/api/v1/nodes/n/proxy/metrics")]
    public async Task A_401_from_behind_the_servers_proxy_is_passed_on(string target)
    {
        await using GatewayPair pair = await StartAsync(static (_, _, _) => ValueTask.CompletedTask);
        pair.Upstream.Other = static context =>
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=app";
            context.Response.StatusCode = 401;
            return context.Response.WriteAsync("who are you?");
        };
        using HttpResponseMessage refused = await pair.SendAsync(target, [], _jane);
        Assert.Equal((HttpStatusCode.Unauthorized, "who are you?"), (refused.StatusCode, await refused.Content.ReadAsStringAsync(Ct)));
        Assert.Equal("Basic", Assert.Single(refused.Headers.WwwAuthenticate).Scheme);
        Assert.Single(pair.Upstream.Requests);
    }

    [Theory, Trait("Case", "C4")]
    [InlineData(GatewayPair.Exec)]
    [InlineData(Forward)]
    [InlineData(Pods)]
    public async Task A_callers_own_401_stays_the_callers(string target)
    {
        await using GatewayPair pair = await StartAsync(static (_, _, _) => ValueTask.CompletedTask);
        pair.Upstream.Other = static context => RecordingUpstream.JsonAsync(context, 401, """{"kind":"Status","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}""");
        using HttpResponseMessage refused = await pair.SendAsync(target, [.. target == Pods ? [] : s_webSocket, "Authorization: Bearer wrong"]);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Single(pair.Upstream.Requests);
    }

    [Theory, Trait("Case", "C4")]
    [InlineData(GatewayPair.Exec, true, false)]
    [InlineData(GatewayPair.Exec, false, true)]
    [InlineData(Forward, true, true)]
    [InlineData(Pods, true, false)]
    [InlineData(Pods, true, true)]
    public async Task Credentials_that_cannot_be_had_are_the_gateways_fault(string target, bool checksCreate, bool wereCancelled)
    {
        await using GatewayPair pair = await StartAsync(
            (_, _, _) => throw (wereCancelled ? new OperationCanceledException("by nobody") : new NotSupportedException("the plugin \"aws\" ended with exit code 3")), checksCreate);
        using HttpResponseMessage refused = await pair.SendAsync(target, target == Pods ? [] : s_webSocket, _jane);
        string said = await refused.Content.ReadAsStringAsync(Ct);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("the gateway's own credentials cannot be had", said, StringComparison.Ordinal);
        Assert.DoesNotContain("aws", said, StringComparison.Ordinal); // that is for whoever runs the gateway
        if (!wereCancelled)
            Assert.Contains(pair.Logged.Entries, static entry => entry.Level == LogLevel.Warning && entry.Failure?.ToString().Contains("exit code 3", StringComparison.Ordinal) == true);
        if (target != Pods) await Eventually.HoldsAsync(() => pair.Audit.Any(static record => record is { End: "Refused", Reason: "ServiceUnavailable" }), "the audit has the refusal", cancellationToken: Ct);
        Assert.Empty(pair.Upstream.Requests);
    }

    /// <summary>A gateway that lost its right to impersonate, or callers who may not review themselves, say nothing about what they may do.</summary>
    [Fact, Trait("Case", "C4")]
    public async Task A_review_that_is_forbidden_to_whom_the_gateway_speaks_for_is_no_answer()
    {
        await using GatewayPair pair = await StartAsync(static (_, _, _) => ValueTask.CompletedTask, checksCreate: false);
        pair.Upstream.Review = static context => RecordingUpstream.JsonAsync(
            context, 403, """{"kind":"Status","status":"Failure","message":"users \"jane\" is forbidden: User \"gateway\" cannot impersonate resource \"users\"","reason":"Forbidden","code":403}""");
        using HttpResponseMessage refused = await pair.SendAsync(GatewayPair.Exec, s_webSocket, _jane);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "ServiceUnavailable"), (refused.StatusCode, await GatewayPair.ReasonAsync(refused)));
        Assert.Contains(pair.Logged.Entries, static entry => entry.Level == LogLevel.Warning && entry.Text.Contains("(403)", StringComparison.Ordinal));
        using HttpResponseMessage own = await pair.SendAsync(GatewayPair.Exec, [.. s_webSocket, "Authorization: Bearer t"]);
        Assert.Equal(HttpStatusCode.Forbidden, own.StatusCode);
    }

    static KubernetesEndpoint Own(RecordingUpstream upstream, Func<HttpRequestMessage, bool, CancellationToken, ValueTask> authorize) =>
        new(upstream.Url, new SocketsHttpHandler { UseProxy = false }) { Authorize = authorize };

    Task<GatewayPair> StartAsync(Func<HttpRequestMessage, bool, CancellationToken, ValueTask> authorize, bool checksCreate = true) =>
        GatewayPair.StartAsync((options, upstream) => options with
        {
            Own = Own(upstream, authorize),
            ClientAuthorities = [X509Certificate2.CreateFromPem(_authority.Pem)],
            UpstreamChecksCreate = checksCreate,
        });

    public void Dispose()
    {
        _jane.Dispose();
        _authority.Dispose();
    }
}
