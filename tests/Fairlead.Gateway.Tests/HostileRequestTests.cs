using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Gateway.Tests;

/// <summary>Requests that try to be more than one, to be something else behind the gateway, or to be too much.</summary>
public sealed class HostileRequestTests
{
    [Theory]
    [InlineData("/api/v1/namespaces/ns/pods/p/exec/?command=ls&stdout=1")]
    [InlineData("//api/v1/namespaces/ns/pods/p/exec?command=ls&stdout=1")]
    [InlineData("/api/v1/namespaces/ns/pods/p/%65xec?command=ls&stdout=1")]
    [InlineData("/version/../api/v1/namespaces/ns/pods/p/exec?command=ls&stdout=1")]
    [InlineData("/API/v1/namespaces/ns/pods/p/exec?command=ls&stdout=1")]
    [InlineData("/api/v1/Namespaces/ns/Pods/p/exec?command=ls&stdout=1")]
    [InlineData("/api/v1/namespaces/ns/pods/p/Exec?command=ls&stdout=1")]
    [InlineData("/api/v1/namespaces/ns/pods/p/ATTACH?stdout=1")]
    [InlineData("/api/v1/namespaces/ns/pods/p/portForward?ports=80")]
    [InlineData("/Exec/ns/p/c?command=id&output=1")]
    [InlineData("/EXEC/ns/p/uid/c?command=id&output=1")]
    [InlineData("/aTTach/ns/p/c?output=1")]
    [InlineData("/portforward/ns/p?port=80")]
    [InlineData("/PORTFORWARD/ns/p/uid?port=80")]
    public async Task A_session_by_another_spelling_is_refused_and_told(string target)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        await using RawWebSocket refused = await pair.UpgradeAsync(target);
        Assert.Equal(400, refused.StatusCode);
        Assert.Empty(pair.Upstream.Requests);
        await Eventually.HoldsAsync(() => !pair.Audit.IsEmpty, "it is told", cancellationToken: TestContext.Current.CancellationToken);
        AuditRecord told = Assert.Single(pair.Audit);
        Assert.Equal(("upgrade", target.Split('?')[0], "Refused", "BadRequest"), (told.Kind, told.Path, told.End, told.Reason));
    }

    [Theory]
    [InlineData("/api/v1/namespaces/ns/services/s/proxy/ws")]
    [InlineData("/api/v1/nodes/n/proxy/exec/ns/p/c")]
    [InlineData("/api/v1/nodes/n/proxy/portForward/ns/p")]
    [InlineData("/run/ns/p/c")]
    [InlineData("/exec")]
    public async Task An_upgrade_that_is_no_session_is_told_too(string path)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Other = RecordingUpstream.EchoAsync;
        await using (RawWebSocket passed = await pair.UpgradeAsync(path + "?command=id", ["Authorization: Bearer t"])) Assert.Equal(101, passed.StatusCode);
        await ExpectAsync("PassedOn");

        pair.Upstream.Other = static context => RecordingUpstream.JsonAsync(context, 403, "{}");
        await using (RawWebSocket refused = await pair.UpgradeAsync(path + "?command=id", ["Authorization: Bearer t"])) Assert.Equal(403, refused.StatusCode);
        await ExpectAsync("Refused");

        using HttpResponseMessage ordinary = await pair.SendAsync(path);
        Assert.Empty(pair.Audit);

        async Task ExpectAsync(string end)
        {
            await Eventually.HoldsAsync(() => !pair.Audit.IsEmpty, "it is told", cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(pair.Audit.TryDequeue(out AuditRecord? told));
            Assert.Equal(("upgrade", path, end), (told.Kind, told.Path, told.End));
            Assert.StartsWith("caller ", told.Who, StringComparison.Ordinal);
            Assert.DoesNotContain("bytes", told.ToJson(), StringComparison.Ordinal);
            Assert.Contains($"\"path\":\"{path}\"", told.ToJson(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_tunnel_is_refused()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        Assert.StartsWith("HTTP/1.1 405", await RawAsync(pair, "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n"), StringComparison.Ordinal);
        Assert.Empty(pair.Upstream.Requests);
    }

    [Theory]
    [InlineData("GET http://elsewhere/version HTTP/1.1\r\nHost: elsewhere\r\n\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task A_target_that_is_no_path_is_refused(string request)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        Assert.StartsWith("HTTP/1.1 400", await RawAsync(pair, request), StringComparison.Ordinal);
        Assert.Empty(pair.Upstream.Requests);
    }

    [Theory]
    [InlineData("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 41\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nX: y")]
    [InlineData("Content-Length: 0\r\nContent-Length: 41\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\nContent-Length: 41\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("Content-Length: 0\r\nX: a\n\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task What_two_servers_could_cut_apart_differently_is_cut_once(string rest)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        await RawAsync(pair, "POST /api HTTP/1.1\r\nHost: x\r\n" + rest);

        // Refused, or forwarded as exactly what the gateway itself read: the connection behind never carries bytes that it did not frame.
        foreach (RecordingUpstream.Seen seen in pair.Upstream.Requests)
        {
            Assert.Contains(seen.Target, (string[])["/api", "/smuggled"]);
            Assert.DoesNotContain("smuggled", seen.Body, StringComparison.Ordinal);
            Assert.False(seen.Headers.ContainsKey("Content-Length") && seen.Headers.ContainsKey("Transfer-Encoding"));
        }
    }

    [Fact]
    public async Task A_query_stays_a_query()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        const string query = "?command=a%0d%0aX-Remote-User:%20root%0d%0a%0d%0aGET%20/x&stdout=1&x=%2f&y=%00";
        await (await pair.UpgradeAsync("/api/v1/namespaces/ns/pods/p/exec" + query)).DisposeAsync();
        (await pair.SendAsync("/version" + query)).EnsureSuccessStatusCode();
        Assert.All(pair.Upstream.Others, seen => Assert.EndsWith(query, seen.Target, StringComparison.Ordinal));
        Assert.All(pair.Upstream.Others, seen => Assert.Null(seen.Header("X-Remote-User")));
    }

    [Fact]
    public async Task Headers_beyond_the_limit_are_refused_and_a_long_command_is_not()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        Assert.StartsWith("HTTP/1.1 431", await RawAsync(pair, "GET /version HTTP/1.1\r\nHost: x\r\nX: " + new string('x', 1100 * 1024) + "\r\n\r\n"), StringComparison.Ordinal);
        Assert.Empty(pair.Upstream.Requests);
        pair.Upstream.Other = static context => RecordingUpstream.JsonAsync(context, 404, """{"kind":"Status","status":"Failure","reason":"NotFound","code":404}""");
        await using RawWebSocket reached = await pair.UpgradeAsync("/api/v1/namespaces/ns/pods/p/exec?stdout=1&command=" + new string('x', 7000));
        Assert.Equal(404, reached.StatusCode);
    }

    [Theory]
    [InlineData(GatewayPair.Exec)]
    [InlineData("/api/v1/namespaces/ns/services/s/proxy/")]
    [InlineData("/api/v1/namespaces/ns/services/s/proxy/ws")]
    public async Task A_redirect_of_an_upgrade_is_not_passed_on(string target)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Other = static context =>
        {
            context.Response.Redirect("https://evil.example/");
            return Task.CompletedTask;
        };
        await using RawWebSocket refused = await pair.UpgradeAsync(target, ["Authorization: Bearer t"]);
        Assert.Contains(refused.StatusCode, (int[])[502, 400]); // 400 for the path that is ambiguous
        Assert.False(refused.Headers.ContainsKey("Location"));
    }

    [Fact]
    public async Task Headers_for_one_hop_do_not_come_back()
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Other = static context =>
        {
            context.Response.Headers.Connection = "X-Hop";
            context.Response.Headers["X-Hop"] = "1";
            context.Response.Headers["X-Stays"] = "1";
            context.Response.Headers["Proxy-Authenticate"] = "Basic";
            return context.Response.WriteAsync("ok");
        };
        using HttpResponseMessage response = await pair.SendAsync("/version");
        Assert.True(response.Headers.Contains("X-Stays"));
        Assert.False(response.Headers.Contains("X-Hop"));
    }

    /// <summary>Sends bytes and reads all that comes until the connection ends or is quiet.</summary>
    static async Task<string> RawAsync(GatewayPair pair, string request)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(pair.Address, TestContext.Current.CancellationToken);
        await using SslStream tls = new(new NetworkStream(socket), false);
#pragma warning disable CA5359 // the test's own gateway on loopback
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = static (_, _, _, _) => true }, TestContext.Current.CancellationToken);
#pragma warning restore CA5359
        using CancellationTokenSource quiet = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        StringBuilder answer = new();
        byte[] buffer = new byte[16384];
        try
        {
            await tls.WriteAsync(Encoding.Latin1.GetBytes(request), quiet.Token);
            while (true)
            {
                quiet.CancelAfter(TimeSpan.FromSeconds(2));
                int length = await tls.ReadAsync(buffer, quiet.Token);
                if (length == 0) break;
                answer.Append(Encoding.Latin1.GetString(buffer, 0, length));
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // cut off, or nothing more comes
        }

        return answer.ToString();
    }
}
