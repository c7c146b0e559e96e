using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Server.Access;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Server.Tests;

/// <summary>Each session that is asked for is counted once, by how it ended; what it carried is counted too.</summary>
public sealed class SessionMetricsTests
{
    const string Demo = "/api/v1/namespaces/default/pods/demo/", Exec = Demo + "exec?command=id&stdout=1", V5 = "v5.channel.k8s.io";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_that_ends_with_its_status()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously), end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Demo.Run = async session =>
        {
            byte[] input = new byte[5];
            await session.StandardInput.AsStream().ReadExactlyAsync(input, session.Lost);
            await session.StandardOutput.WriteAsync(Encoding.UTF8.GetBytes("it was " + Encoding.UTF8.GetString(input)), session.Lost);
            await session.StandardError.WriteAsync("!!"u8.ToArray(), session.Lost);
            told.SetResult();
            await end.Task;
            return Status.Success;
        };
        await using RawWebSocket session = await AskAsync(server, Exec + "&stdin=1&stderr=1");
        await session.SendAsync(RawWebSocketFrames.Encode(2, "\0hello"u8.ToArray()), Ct);
        await told.Task.WaitAsync(Eventually.Patience, Ct);
        Assert.Contains("""fairlead_test_sessions_active{client="WebSocket v5.channel.k8s.io",kind="exec"} 1""", server.Counted());
        end.SetResult();
        await HoldsAsync(server, "fairlead_test_sessions_ended_total{end=\"Completed\"} 1");
        string[] counted = server.Counted();
        Assert.Contains("""fairlead_test_sessions_active{client="WebSocket v5.channel.k8s.io",kind="exec"} 0""", counted);
        Assert.Contains("""fairlead_test_session_bytes_total{client="WebSocket v5.channel.k8s.io",kind="exec",direction="to_server"} 5""", counted);
        Assert.Contains("""fairlead_test_session_bytes_total{client="WebSocket v5.channel.k8s.io",kind="exec",direction="to_client"} 14""", counted);
        Assert.Contains("""fairlead_test_session_duration_seconds_count{client="WebSocket v5.channel.k8s.io",kind="exec",end="Completed"} 1""", counted);
        Assert.DoesNotContain(counted, static line => line.Contains("lost", StringComparison.Ordinal) || line.Contains("refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_port_that_is_forwarded()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Runtime.ForwardsPorts = true;
        using LoopbackListener port = new();
        await using RawWebSocket session = await AskAsync(server, $"{Demo}portforward?ports={port.Port}", protocol: "v4.channel.k8s.io");
        await session.SendAsync(RawWebSocketFrames.Encode(2, "\0hello"u8.ToArray()), Ct);
        using (Socket pod = await port.AcceptAsync(Ct))
        {
            await using NetworkStream stream = new(pod);
            await stream.ReadExactlyAsync(new byte[5], Ct);
            Assert.Contains("""fairlead_test_sessions_active{client="WebSocket v4.channel.k8s.io",kind="portforward"} 1""", server.Counted());
            await stream.WriteAsync("hi!"u8.ToArray(), Ct);
        }

        while (await session.ReadFrameAsync(Ct) is { } frame && !frame.Payload.AsSpan().SequenceEqual("\0hi!"u8)) Assert.NotEqual(8, frame.Opcode);
        await session.SendAsync(RawWebSocketFrames.Encode(8, [0x03, 0xE8]), Ct);
        await HoldsAsync(server, "fairlead_test_sessions_ended_total{end=\"Completed\"} 1");
        Assert.Contains("""fairlead_test_session_bytes_total{client="WebSocket v4.channel.k8s.io",kind="portforward",direction="to_server"} 5""", server.Counted());
        Assert.Contains("""fairlead_test_session_bytes_total{client="WebSocket v4.channel.k8s.io",kind="portforward",direction="to_client"} 3""", server.Counted());
    }

    [Fact]
    public async Task A_client_that_is_lost()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        TaskCompletionSource runs = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Demo.Run = async session =>
        {
            runs.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, session.Lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return Status.InternalError("the client was lost");
        };
        await using (await AskAsync(server, Demo + "attach?stdout=1")) await runs.Task.WaitAsync(Eventually.Patience, Ct);
        await HoldsAsync(server, "fairlead_test_sessions_ended_total{end=\"ClientLost\"} 1");
        Assert.Contains("""fairlead_test_sessions_lost_total{client="WebSocket v5.channel.k8s.io",kind="attach",side="client"} 1""", server.Counted());
        Assert.Contains("""fairlead_test_sessions_active{client="WebSocket v5.channel.k8s.io",kind="attach"} 0""", server.Counted());
    }

    [Fact]
    public async Task A_runtime_that_is_lost()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Run = static _ => throw new IOException("the runtime is away");
        await using RawWebSocket session = await AskAsync(server, Exec);
        await HoldsAsync(server, "fairlead_test_sessions_ended_total{end=\"ServerLost\"} 1");
        Assert.Contains("""fairlead_test_sessions_lost_total{client="WebSocket v5.channel.k8s.io",kind="exec",side="server"} 1""", server.Counted());
    }

    [Fact]
    public async Task A_fault_of_the_server_is_not_told_as_a_runtime_that_was_lost()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Run = static _ => throw new InvalidOperationException("a fault of ours");
        await using RawWebSocket session = await AskAsync(server, Exec);
        await HoldsAsync(server, "fairlead_test_sessions_ended_total{end=\"Failed\"} 1");
        Assert.DoesNotContain(server.Counted(), static line => line.Contains("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_that_the_server_ends()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        TaskCompletionSource runs = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Demo.Run = async session =>
        {
            runs.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, session.Lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return Status.InternalError("the client was lost");
        };
        await using RawWebSocket session = await AskAsync(server, Exec);
        await runs.Task.WaitAsync(Eventually.Patience, Ct);
        await server.StopAsync();
        await HoldsAsync(server, "fairlead_test_sessions_ended_total{end=\"Ended\"} 1");
        Assert.DoesNotContain(server.Logged.Entries, static entry => entry.Text.Contains("lost its client", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(401, Exec, "no-token")]
    [InlineData(403, Exec, "reader")]
    [InlineData(404, "/api/v1/namespaces/default/pods/none/exec?command=id&stdout=1", PodsApiServer.AdminToken)]
    [InlineData(400, Demo + "exec?stdout=1", PodsApiServer.AdminToken)]
    [InlineData(400, Demo + "portforward", PodsApiServer.AdminToken)]
    public async Task A_session_that_is_refused(int code, string target, string token)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(new ApiUser { Name = "reader", Token = "reader", Rules = [] });
        await using RawWebSocket refused = await AskAsync(server, target, token, target.Contains("portforward", StringComparison.Ordinal) ? "v4.channel.k8s.io" : V5);
        Assert.Equal(code, refused.StatusCode);
        await HoldsAsync(server, $"fairlead_test_sessions_refused_total{{code=\"{code}\"}} 1");
        Assert.Equal(["fairlead_test_sessions_ended_total{end=\"Refused\"} 1", $"fairlead_test_sessions_refused_total{{code=\"{code}\"}} 1"], NotZero(server));
    }

    [Fact]
    public async Task What_is_no_session_is_not_counted()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        await server.GetAsync("/api/v1/namespaces/default/pods/demo");
        await server.AssertRefusedAsync("/api/v1/namespaces/default/pods/exec", 404, "NotFound", "pods \"exec\" not found");
        Assert.Empty(NotZero(server));
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("reader", 403)]
    [InlineData("watcher", 200)]
    [InlineData(PodsApiServer.AdminToken, 200)]
    public async Task Who_may_get_the_nodes_metrics_reads_what_is_counted(string? token, int code)
    {
        ApiRule metrics = new() { Verbs = ["get"], Resources = ["nodes/metrics"] };
        await using PodsApiServer server = await PodsApiServer.StartAsync(
            new ApiUser { Name = "reader", Token = "reader", Rules = [] }, new ApiUser { Name = "watcher", Token = "watcher", Rules = [metrics] });
        using HttpClient client = server.ClientFor(token);
        using HttpResponseMessage answer = await client.GetAsync(new Uri("/metrics", UriKind.Relative), Ct);
        Assert.Equal(code, (int)answer.StatusCode);
        if (code == 200)
        {
            Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
            Assert.Contains("# TYPE fairlead_test_sessions_active gauge", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        }
    }

    /// <summary>What is counted from the beginning, as the sessions that are kept, is at zero until there is something.</summary>
    static IEnumerable<string> NotZero(PodsApiServer server) => server.Counted().Where(static line => !line.EndsWith("} 0", StringComparison.Ordinal));

    static Task HoldsAsync(PodsApiServer server, string line) =>
        Eventually.HoldsAsync(() => server.Counted().Contains(line), "counted is " + line, cancellationToken: Ct);

    static Task<RawWebSocket> AskAsync(PodsApiServer server, string target, string token = PodsApiServer.AdminToken, string protocol = V5) => RawWebSocket.ConnectAsync(
        new IPEndPoint(IPAddress.Loopback, server.Plain.Port), target, protocol, headers: ["Authorization: Bearer " + token], cancellationToken: Ct);
}
