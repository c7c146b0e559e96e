using System.Net;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Client.Tests;

public sealed class UpgradeTests
{
    static readonly PodReference Pod = new("web-0", "shop", "app");
    static readonly ExecOptions WebSocketOnly = new() { Transport = Transport.WebSocket };

    [Fact]
    public async Task The_request_says_what_is_asked_in_one_line_of_subprotocols()
    {
        await using CannedServer server = new(_ => CannedServer.Answer("400 Bad Request"));
        using StreamingClient client = Client(server);
        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls", "-l", "a b&c"], WebSocketOnly, Ct));

        string request = Assert.Single(server.Requests);
        Assert.StartsWith("GET /api/v1/namespaces/shop/pods/web-0/exec?command=ls&command=-l&command=a%20b%26c&container=app&stderr=true&stdout=true HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Equal("v5.channel.k8s.io, v4.channel.k8s.io", CannedServer.Header(request, "Sec-WebSocket-Protocol"));
        Assert.Equal("13", CannedServer.Header(request, "Sec-WebSocket-Version"));
        Assert.Equal("websocket", CannedServer.Header(request, "Upgrade"));
        Assert.Contains("Upgrade", CannedServer.Header(request, "Connection"));
    }

    [Theory]
    [InlineData(true, false, "v5.channel.k8s.io")]
    [InlineData(true, true, "v5.channel.k8s.io, v4.channel.k8s.io")]
    [InlineData(false, false, "v5.channel.k8s.io, v4.channel.k8s.io")]
    public async Task Only_a_version_that_can_end_the_input_is_offered_where_it_must_end(bool stdin, bool tty, string offered)
    {
        await using CannedServer server = new(_ => CannedServer.Answer("400 Bad Request"));
        using StreamingClient client = Client(server);
        await Assert.ThrowsAsync<UpgradeException>(() => client.AttachAsync(Pod, new ExecOptions { Stdin = stdin, Tty = tty, Transport = Transport.WebSocket }, Ct));
        Assert.Equal(offered, CannedServer.Header(server.Requests[0], "Sec-WebSocket-Protocol"));
    }

    [Fact]
    public async Task A_refusal_carries_the_servers_status()
    {
        string body = """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \"web-0\" not found","reason":"NotFound","details":{"name":"web-0","kind":"pods"},"code":404}""";
        UpgradeException refused = await RefusedAsync(CannedServer.Answer("404 Not Found", body));
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Equal("NotFound", refused.Status?.Reason);
        Assert.Equal("pods \"web-0\" not found", refused.Message);
    }

    [Theory]
    [InlineData("403 Forbidden", "no way", "403 Forbidden: no way")]
    [InlineData("502 Bad Gateway", "", "502 Bad Gateway: the server gave no reason")]
    [InlineData("200 OK", "<html>hello</html>", "200 OK: <html>hello</html>")]
    [InlineData("301 Moved Permanently", "elsewhere", "301 Moved Permanently, a redirect")]
    public async Task A_refusal_that_is_no_status_is_told_as_it_came(string status, string body, string told)
    {
        UpgradeException refused = await RefusedAsync(CannedServer.Answer(status, body, "Location: http://127.0.0.1:1/\r\n"));
        Assert.Null(refused.Status);
        Assert.Contains(told, refused.Message);
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_the_key_is_refused()
    {
        await using CannedServer server = new(request => CannedServer.Upgrade(request, "v5.channel.k8s.io", accept: "AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
        using StreamingClient client = Client(server);
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], WebSocketOnly, Ct));
        Assert.Contains("Sec-WebSocket-Accept", refused.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("v9.channel.k8s.io")]
    [InlineData("channel.k8s.io")]
    public async Task A_subprotocol_that_was_not_offered_is_refused(string chosen)
    {
        await using CannedServer server = new(request => CannedServer.Upgrade(request, chosen));
        using StreamingClient client = Client(server);
        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], WebSocketOnly, Ct));
    }

    [Theory, Trait("Case", "B7")]
    [InlineData("Upgrade: websocket", "Upgrade: h2c", "h2c")]
    [InlineData("Upgrade: websocket", "Upgrade: SPDY/3.1", "SPDY/3.1")]
    [InlineData("Upgrade: websocket", "Upgrade: websocket, h2c", "websocket, h2c")]
    [InlineData("Upgrade: websocket", "Upgrade: websocket\r\nUpgrade: websocket", "websocket, websocket")]
    [InlineData("Upgrade: websocket\r\n", "", "nothing")]
    [InlineData("Connection: Upgrade\r\n", "", "Connection: Upgrade")]
    [InlineData("Connection: Upgrade", "Connection: close", "Connection: Upgrade")]
    [InlineData("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate", "permessage-deflate")]
    [InlineData("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "Sec-WebSocket-Accept")]
    [InlineData("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Protocol: v4.channel.k8s.io", "Sec-WebSocket-Protocol")]
    [InlineData("v5.channel.k8s.io", "v5.channel.k8s.io, v4.channel.k8s.io", "v5.channel.k8s.io, v4.channel.k8s.io")]
    [InlineData("v5.channel.k8s.io", "V5.CHANNEL.K8S.IO", "V5.CHANNEL.K8S.IO")]
    public async Task A_101_to_anything_else_than_was_asked_for_is_refused_by_name_and_nothing_is_asked_twice(string fits, string instead, string named)
    {
        await using CannedServer server = new(request => CannedServer.Upgrade(request, "v5.channel.k8s.io").Replace(fits, instead, StringComparison.Ordinal));
        using StreamingClient client = Client(server);
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], new ExecOptions(), Ct));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, refused.StatusCode);
        Assert.Single(server.Requests);
    }

    [Theory, Trait("Case", "B7")]
    [InlineData("Upgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\nX-Stream-Protocol-Version: v3.channel.k8s.io", "X-Stream-Protocol-Version")]
    [InlineData("Upgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: v9.channel.k8s.io", "v9.channel.k8s.io")]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: v4.channel.k8s.io", "websocket")]
    [InlineData("Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io", "Connection: Upgrade")]
    public async Task A_101_over_SPDY_is_held_to_the_same(string headers, string named)
    {
        await using CannedServer server = new(_ => $"HTTP/1.1 101 Switching Protocols\r\n{headers}\r\n\r\n");
        using StreamingClient client = Client(server);
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], new ExecOptions { Transport = Transport.Spdy }, Ct));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UpgradeException>(() => client.ConnectAsync(Pod, 80, new PortForwardOptions { Transport = Transport.Spdy }, Ct));
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory, Trait("Case", "B7")]
    [InlineData("Failure", "0")]
    [InlineData("Failure", "256")]
    [InlineData("Success", "7")]
    public async Task A_final_status_without_an_exit_code_that_makes_sense_is_a_failure_that_names_it(string result, string code)
    {
        string status = $$$"""{"status":"{{{result}}}","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"{{{code}}}"}]}}""";
        await using CannedServer server = new(request => CannedServer.Upgrade(request, "v5.channel.k8s.io") + "\u0082" + (char)(status.Length + 1) + "\u0003" + status + "\u0088\u0002\u0003\u00e8");
        using StreamingClient client = Client(server);
        await using RemoteProcess process = await client.ExecAsync(Pod, ["ls"], WebSocketOnly, Ct);
        RemoteCommandException failed = await Assert.ThrowsAsync<RemoteCommandException>(async () => await process.WaitForExitAsync(Ct));
        Assert.Contains($"\"{code}\"", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_are_renewed_once_after_a_401()
    {
        await using CannedServer server = new(_ => CannedServer.Answer("401 Unauthorized", "Unauthorized"));
        List<bool> asked = [];
        using StreamingClient client = new(new KubernetesEndpoint(server.Url, Handler())
        {
            Authorize = (message, renew, _) =>
            {
                asked.Add(renew);
                message.Headers.TryAddWithoutValidation("Authorization", "Bearer secret-" + asked.Count);
                return ValueTask.CompletedTask;
            },
        });
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], WebSocketOnly, Ct));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal([false, true], asked);
        Assert.DoesNotContain("secret", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Case", "C20")]
    public async Task The_servers_time_does_not_run_while_credentials_are_fetched()
    {
        await using CannedServer server = new(_ => CannedServer.Answer("403 Forbidden", "no way"));
        List<bool> limited = [];
        using StreamingClient client = new(new KubernetesEndpoint(server.Url, Handler())
        {
            Authorize = async (_, _, token) =>
            {
                limited.Add(token.CanBeCanceled);
                await Task.Delay(TimeSpan.FromSeconds(5.5), CancellationToken.None); // longer than the server may take
            },
        });
        ExecOptions options = WebSocketOnly with { UpgradeTimeout = TimeSpan.FromSeconds(5) };
        await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], options, CancellationToken.None));
        Assert.Equal([false], limited);
    }

    [Fact]
    public async Task What_comes_with_the_answer_belongs_to_the_session()
    {
        // The connected message, output, a status and the close, all in the packet of the 101.
        const string Messages = "\u0082\u0001\u0001" + "\u0082\u0003\u0001hi" + "\u0082\u0023\u0003{\"metadata\":{},\"status\":\"Success\"}" + "\u0088\u0002\u0003\u00e8";
        await using CannedServer server = new(request => CannedServer.Upgrade(request, "v5.channel.k8s.io") + Messages);
        using StreamingClient client = Client(server);
        await using RemoteProcess process = await client.ExecAsync(Pod, ["echo", "hi"], cancellationToken: Ct);
        Assert.Equal("hi", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
        Assert.Equal(RemoteCommandProtocol.V5, process.Protocol);
    }

    [Fact]
    public async Task A_connection_that_ends_after_the_upgrade_is_a_lost_session()
    {
        await using CannedServer server = new(request => CannedServer.Upgrade(request, "v5.channel.k8s.io"), close: true);
        using StreamingClient client = Client(server);
        await using RemoteProcess process = await client.ExecAsync(Pod, ["ls"], WebSocketOnly, Ct);
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken: Ct);
        await Assert.ThrowsAsync<SessionLostException>(async () => await process.WaitForExitAsync(Ct));
        await Assert.ThrowsAsync<SessionLostException>(() => output);
    }

    [Fact]
    public async Task A_failure_that_is_no_exit_code_throws_with_the_status()
    {
        const string Status = """{"metadata":{},"status":"Failure","message":"Internal error occurred: boom","reason":"InternalError","code":500}""";
        await using CannedServer server = new(request => CannedServer.Upgrade(request, "v5.channel.k8s.io") + "\u0082" + (char)(Status.Length + 1) + "\u0003" + Status + "\u0088\u0002\u0003\u00e8");
        using StreamingClient client = Client(server);
        await using RemoteProcess process = await client.ExecAsync(Pod, ["ls"], WebSocketOnly, Ct);
        RemoteCommandException failed = await Assert.ThrowsAsync<RemoteCommandException>(async () => await process.WaitForExitAsync(Ct));
        Assert.Equal("Internal error occurred: boom", failed.Message);
    }

    static async Task<UpgradeException> RefusedAsync(string answer)
    {
        await using CannedServer server = new(_ => answer);
        using StreamingClient client = Client(server);
        return await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(Pod, ["ls"], WebSocketOnly, Ct));
    }

    static StreamingClient Client(CannedServer server) => new(new KubernetesEndpoint(server.Url, Handler()));

    static SocketsHttpHandler Handler() => new() { UseProxy = false, AllowAutoRedirect = false };

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
