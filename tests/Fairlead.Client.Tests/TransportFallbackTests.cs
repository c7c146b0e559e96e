using Fairlead.Testing;

namespace Fairlead.Client.Tests;

public sealed class TransportFallbackTests
{
    const string Connected = "\u0082\u0001\u0001", Close = "\u0088\u0002\u0003\u00e8";

    static readonly PodReference Pod = new("web-0");

    [Theory]
    [InlineData("400 Bad Request", """{"status":"Failure","message":"Upgrade request required","reason":"BadRequest","code":400}""", true)]
    [InlineData("400 Bad Request", """{"status":"Failure","message":"a container name must be specified for pod web-0, choose one of: [a b]","reason":"BadRequest","code":400}""", false)]
    [InlineData("400 Bad Request", "bad request", true)]
    [InlineData("403 Forbidden", "", true)]
    [InlineData("403 Forbidden", """{"status":"Failure","message":"pods \"web-0\" is forbidden","reason":"Forbidden","code":403}""", true)]
    [InlineData("404 Not Found", "<html>nginx</html>", true)]
    [InlineData("404 Not Found", """{"status":"Failure","message":"pods \"web-0\" not found","reason":"NotFound","code":404}""", false)]
    [InlineData("401 Unauthorized", """{"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}""", false)]
    [InlineData("401 Unauthorized", "who are you", false)]
    [InlineData("500 Internal Server Error", """{"status":"Failure","message":"error dialing backend","reason":"InternalError","code":500}""", false)]
    [InlineData("502 Bad Gateway", "<html>", true)]
    [InlineData("200 OK", "an upgrade header was dropped on the way", true)]
    [InlineData("301 Moved Permanently", "", false)]
    public async Task What_is_refused_for_being_a_WebSocket_is_asked_once_more_as_SPDY(string status, string body, bool asksAgain)
    {
        await using CannedServer server = new(_ => CannedServer.Answer(status, body));
        using StreamingClient client = Client(server);
        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], cancellationToken: Ct));
        Assert.Equal(asksAgain ? ["GET", "POST"] : ["GET"], server.Requests.Select(request => request[..request.IndexOf(' ', StringComparison.Ordinal)]));
        if (asksAgain) Assert.Equal("SPDY/3.1", CannedServer.Header(server.Requests[1], "Upgrade"));
    }

    [Theory, Trait("Case", "14.8")]
    [InlineData("https://login.example/oauth?state=secret", "the server answered 302 Found, a redirect to login.example, which is not followed")]
    [InlineData("/login", "the server answered 302 Found, a redirect, which is not followed")]
    public async Task A_redirect_names_the_host_that_it_leads_to(string location, string expected)
    {
        await using CannedServer server = new(_ => CannedServer.Answer("302 Found", "", $"Location: {location}\r\n"));
        using StreamingClient client = Client(server);
        foreach (Func<Task> ask in (Func<Task>[])[() => client.ExecAsync(Pod, ["ls"], cancellationToken: Ct), () => client.ConnectAsync(Pod, 80, cancellationToken: Ct)])
        {
            UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(ask);
            Assert.StartsWith(expected, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
        }

        Assert.All(server.Requests, static request => Assert.StartsWith("GET", request, StringComparison.Ordinal));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Two_verdicts_on_the_verb_are_one_sentence()
    {
        await using CannedServer server = new(request => CannedServer.Answer("403 Forbidden", request.StartsWith("GET", StringComparison.Ordinal)
            ? """{"status":"Failure","message":"you cannot get resource \"pods/exec\"","reason":"Forbidden","code":403}"""
            : """{"status":"Failure","message":"you cannot create resource \"pods/exec\"","reason":"Forbidden","code":403}"""));
        using StreamingClient client = Client(server);
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], cancellationToken: Ct));
        Assert.Equal("you cannot get or create resource \"pods/exec\"", refused.Message);
    }

    [Fact, Trait("Case", "14.12")]
    public async Task A_forward_without_the_right_is_told_once()
    {
        await using CannedServer server = new(request => CannedServer.Answer("403 Forbidden",
            $$$"""{"status":"Failure","message":"you cannot {{{(request.StartsWith("GET", StringComparison.Ordinal) ? "get" : "create")}}} that","reason":"Forbidden","code":403}"""));
        using StreamingClient client = Client(server);
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => client.ConnectAsync(Pod, 80, cancellationToken: Ct));
        Assert.Equal("you cannot get or create that", refused.Message);
    }

    [Theory]
    [InlineData(Transport.WebSocket, "GET")]
    [InlineData(Transport.Spdy, "POST")]
    public async Task A_transport_that_was_asked_for_is_the_only_one(Transport transport, string method)
    {
        await using CannedServer server = new(_ => CannedServer.Answer("400 Bad Request"));
        using StreamingClient client = Client(server);
        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], new ExecOptions { Transport = transport }, Ct));
        Assert.StartsWith(method, Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false, true)]
    [InlineData(Close, false, true)]
    [InlineData("\u0088\u0002\u0003\u00e9", false, true)] // 1001
    [InlineData("\u0088\u0000", false, true)]
    [InlineData("", true, false)]
    [InlineData(Connected, false, false)]
    [InlineData(Connected + Close, false, false)]
    [InlineData("\u0082", false, false)] // the first byte of a message
    public async Task After_the_101_a_second_try_is_made_only_when_nothing_was_heard(string messages, bool noRetry, bool asksAgain)
    {
        await using CannedServer server = new(
            request => request.StartsWith("GET", StringComparison.Ordinal) ? CannedServer.Upgrade(request, "v5.channel.k8s.io") + messages : CannedServer.Answer("403 Forbidden", "no SPDY here"),
            close: true);
        using StreamingClient client = Client(server);
        ExecOptions options = new() { NoRetry = noRetry };
        if (asksAgain)
        {
            SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(() => client.ExecAsync(Pod, ["ls"], options, Ct));
            Assert.Contains("dropped the WebSocket before its first message; over SPDY: the server refused the upgrade with 403 Forbidden: no SPDY here", lost.Message);
        }
        else
        {
            await using RemoteProcess process = await client.ExecAsync(Pod, ["ls"], options, Ct);
            await Assert.ThrowsAsync<SessionLostException>(async () => await process.WaitForExitAsync(Ct));
        }

        Assert.Equal(asksAgain ? 2 : 1, server.Requests.Count);
    }

    /// <summary>Who tells a failure by a Close has heard what was asked: it is the answer, and not for being a WebSocket.</summary>
    [Theory]
    [Trait("Case", "14.1")]
    [InlineData(1011, "rpc error: no space left on device", "with code 1011 (rpc error: no space left on device)")]
    [InlineData(1011, "", "with code 1011.")]
    [InlineData(1008, "not you", "with code 1008 (not you)")]
    [InlineData(4000, "", "with code 4000")]
    [InlineData(1001, "going down", "with code 1001 (going down)")]
    [InlineData(1000, "no space left", "without a status (no space left)")]
    public async Task A_Close_that_tells_a_failure_is_a_session_that_was_lost(int code, string words, string told)
    {
        string close = "\u0088" + (char)(words.Length + 2) + (char)(code >> 8) + (char)(code & 255) + words;
        await using CannedServer server = new(
            request => request.StartsWith("GET", StringComparison.Ordinal) ? CannedServer.Upgrade(request, "v5.channel.k8s.io") + close : CannedServer.Answer("400 Bad Request"),
            close: true);
        using StreamingClient client = Client(server);
        await using RemoteProcess process = await client.ExecAsync(Pod, ["ls"], cancellationToken: Ct);
        SessionLostException lost = await Assert.ThrowsAsync<SessionLostException>(async () => await process.WaitForExitAsync(Ct));
        Assert.Contains(told, lost.Message);
        Assert.Single(server.Requests);
    }

    /// <summary>What the server had said may have been destroyed with the connection, and the command may run.</summary>
    [Fact]
    public async Task After_the_101_a_reset_is_no_reason_for_a_second_try()
    {
        await using CannedServer server = new(request => CannedServer.Upgrade(request, "v5.channel.k8s.io"), reset: true);
        using StreamingClient client = Client(server);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using RemoteProcess process = await client.ExecAsync(Pod, ["ls"], cancellationToken: Ct);
            await process.WaitForExitAsync(Ct);
        });
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_accepts_and_never_answers_the_upgrade_is_given_up()
    {
        await using CannedServer server = new(_ => "");
        using StreamingClient client = Client(server);
        ServerUnreachableException late = await Assert.ThrowsAsync<ServerUnreachableException>(
            () => client.ExecAsync(Pod, ["ls"], new ExecOptions { UpgradeTimeout = TimeSpan.FromMilliseconds(300) }, Ct));
        Assert.Contains("did not answer the upgrade", late.Message);
    }

    static StreamingClient Client(CannedServer server) =>
        new(new KubernetesEndpoint(server.Url, new SocketsHttpHandler { UseProxy = false }));

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
