using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Lab;
using Fairlead.Server.Access;
using Fairlead.Streaming;
using Fairlead.Streaming.Relays;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.FunctionalTests;

/// <summary>How sessions through the gateway begin, are limited and end.</summary>
public sealed class GatewaySessionTests
{
    static readonly PodReference Shell = new("demo", "default", "shell");

    /// <summary>One of each form: translated both ways, and the same version on both sides.</summary>
    public static TheoryData<string, string> Forms => new() { { "spdy", "websocket" }, { "websocket", "spdy" }, { "websocket", "websocket" }, { "spdy", "spdy" } };

    [Theory, MemberData(nameof(Forms))]
    public async Task A_server_that_is_lost_is_a_failure_and_never_success(string client, string server)
    {
        await using LabServer lab = await LabServer.StartAsync(Lab(server), Ct);
        await using FaultProxy proxy = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        await using GatewayRoom room = await GatewayRoom.StartAsync(shared: lab, configure: options => options with { Upstream = Through(proxy, lab) });
        using StreamingClient gateway = room.Client();
        foreach (CutKind kind in (CutKind[])[CutKind.Reset, CutKind.Fin])
        {
            await using RemoteProcess process = await gateway.ExecAsync(Shell, ["sh", "-c", "echo begun; exec sleep 300"], Options(client), Ct);
            Assert.Equal("begun\n", await ReadAsync(process.StandardOutput, 6));
            proxy.Cut(kind);
            RemoteCommandException failure = await Assert.ThrowsAsync<RemoteCommandException>(async () => await process.WaitForExitAsync(Ct));
            Assert.Equal("SessionLost", failure.Status.Reason);
        }

        await Eventually.HoldsAsync(() => room.Audit.Count(record => record is { End: nameof(RelayEnd.ServerLost), Reason: "SessionLost" }) == 2, "the audit says so", cancellationToken: Ct);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_server_that_falls_silent_is_lost_within_the_deadline(string client, string server)
    {
        CarrierLimits limits = CarrierLimits.Default with { PingInterval = TimeSpan.FromMilliseconds(200), PingTimeout = TimeSpan.FromSeconds(1), Linger = TimeSpan.FromSeconds(1) };
        await using LabServer lab = await LabServer.StartAsync(Lab(server), Ct);
        await using FaultProxy proxy = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        await using GatewayRoom room = await GatewayRoom.StartAsync(shared: lab, configure: options => options with { Upstream = Through(proxy, lab), UpstreamLimits = limits });
        using StreamingClient gateway = room.Client();
        await using RemoteProcess process = await gateway.ExecAsync(Shell, ["sleep", "300"], Options(client), Ct);
        proxy.BlackHole(ProxyDirections.ToServer | ProxyDirections.ToClient);
        RemoteCommandException failure = await Assert.ThrowsAsync<RemoteCommandException>(async () => await process.WaitForExitAsync(Ct));
        Assert.Equal("SessionLost", failure.Status.Reason);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_client_that_does_not_read_slows_the_command_and_fills_nothing(string client, string server)
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync(Lab(server));
        using StreamingClient gateway = room.Client();
        string progress = Path.Combine(Path.GetTempPath(), $"fairlead-slow-{Guid.NewGuid():N}");
        try
        {

            await using RemoteProcess process = await gateway.ExecAsync(
                Shell, ["sh", "-c", $"i=0; while [ $i -lt 200 ]; do head -c 1000000 /dev/zero; i=$((i+1)); echo $i > {progress}; done"], Options(client), Ct);
            await Eventually.HoldsAsync(() => File.Exists(progress), "the command runs", cancellationToken: Ct);
            long last = await Standstill.OfAsync(
                () => int.TryParse(File.ReadAllText(progress), out int count) ? count : 0, "the command stands still", Ct);
            Assert.InRange(last, 1, 50); // 50 MB: sockets and bounded channels, of the 200 MB that it would write
            Assert.Equal(200_000_000, await CountAsync(process.StandardOutput));
            Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
        }
        finally
        {
            File.Delete(progress);
        }
    }

    [Theory]
    [InlineData("IdleTimeout", "websocket", "spdy")]
    [InlineData("IdleTimeout", "websocket", "websocket")]
    [InlineData("MaxSessionAge", "spdy", "websocket")]
    [InlineData("MaxSessionAge", "spdy", "spdy")]
    [InlineData("AuthorizationRevoked", "websocket", "spdy")]
    [InlineData("AuthorizationRevoked", "websocket", "websocket")]
    [InlineData("AuthorizationRevoked", "spdy", "spdy")]
    [InlineData("Draining", "websocket", "websocket")]
    [InlineData("Draining", "spdy", "websocket")]
    public async Task A_session_that_the_gateway_ends_is_told_why(string reason, string client, string server)
    {
        ApiRule[] rules = [ApiRule.Everything];
        ApiUser user = new() { Name = "dev", Token = "dev-token", Rules = rules };
        await using GatewayRoom room = await GatewayRoom.StartAsync(Lab(server) with { Users = [user] }, options => reason switch
        {
            "IdleTimeout" => options with { IdleTimeout = TimeSpan.FromSeconds(1) },
            "MaxSessionAge" => options with { MaxSessionAge = TimeSpan.FromSeconds(1) },
            "AuthorizationRevoked" => options with { ReauthorizeEvery = TimeSpan.FromMilliseconds(200) },
            _ => options,
        });
        using StreamingClient gateway = room.Client();
        await using RemoteProcess process = await gateway.ExecAsync(Shell, ["sh", "-c", "echo begun; exec sleep 300"], Options(client), Ct);
        Assert.Equal("begun\n", await ReadAsync(process.StandardOutput, 6));
        if (reason == "AuthorizationRevoked") rules[0] = new ApiRule { Verbs = ["get"], Resources = ["pods"] };
        if (reason == "Draining") await room.Gateway.DrainAsync(TimeSpan.FromMilliseconds(100), Ct);
        RemoteCommandException failure = await Assert.ThrowsAsync<RemoteCommandException>(async () => await process.WaitForExitAsync(Ct));
        Assert.Equal(reason, failure.Status.Reason);
        await Eventually.HoldsAsync(() => room.Audit.Any(record => record.End == nameof(RelayEnd.Ended) && record.Reason == reason), "the audit says so", cancellationToken: Ct);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_command_of_100_KB_passes_in_the_URL(string client, string server)
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync(Lab(server));
        using StreamingClient gateway = room.Client();
        await using RemoteProcess process = await gateway.ExecAsync(Shell, ["sh", "-c", "echo ${#1}", "sh", new string('x', 100_000)], Options(client), Ct);
        Assert.Equal("100000\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact]
    public async Task A_busy_session_is_not_idle_and_a_draining_gateway_waits_for_it_and_takes_no_other()
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync(configure: options => options with { IdleTimeout = TimeSpan.FromSeconds(1) });
        using StreamingClient gateway = room.Client();
        await using RemoteProcess process = await gateway.ExecAsync(Shell, ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.2; done"], cancellationToken: Ct);
        await ReadAsync(process.StandardOutput, 2);
        Task draining = room.Gateway.DrainAsync(TimeSpan.FromSeconds(60), Ct);
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => gateway.ExecAsync(Shell, ["true"], new ExecOptions { Transport = Transport.WebSocket }, Ct));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.EndsWith("10\n", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct), StringComparison.Ordinal);
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
        await process.DisposeAsync();
        await draining;
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(100, 1)]
    public async Task One_session_too_many_is_told_to_wait(int most, int mostPerCaller)
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync(configure: options => options with { MaxSessions = most, MaxSessionsPerCaller = mostPerCaller });
        using StreamingClient gateway = room.Client();
        ExecOptions options = new() { Stdin = true, Transport = Transport.WebSocket };
        await using (RemoteProcess first = await gateway.ExecAsync(Shell, ["cat"], options, Ct))
        {
            UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => gateway.ExecAsync(Shell, ["cat"], options, Ct));
            Assert.Equal((HttpStatusCode.TooManyRequests, "TooManyRequests"), (refused.StatusCode, refused.Status?.Reason));
            await first.StandardInput.CompleteAsync();
            Assert.True((await first.WaitForExitAsync(Ct)).Succeeded);
        }

        await Eventually.HoldsAsync(() => room.Gateway.ActiveSessions == 0, "the first is over", cancellationToken: Ct);
        await using RemoteProcess second = await gateway.ExecAsync(Shell, ["true"], options, Ct);
        Assert.True((await second.WaitForExitAsync(Ct)).Succeeded);
    }

    [Fact]
    public async Task A_server_that_changes_is_learned_anew()
    {
        await using LabServer old = await LabServer.StartAsync(Lab("spdy"), Ct);
        await using LabServer renewed = await LabServer.StartAsync(Lab("websocket") with { Users = old.Users }, Ct);
        int port = old.Url.Port;
        SocketsHttpHandler handler = GatewayRoom.HandlerOf(old.AuthorityPem);
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=fairlead lab"; // two authorities of one name
        handler.PooledConnectionIdleTimeout = TimeSpan.Zero;
        handler.ConnectCallback = async (_, cancellationToken) =>
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        await using GatewayRoom room = await GatewayRoom.StartAsync(shared: old, configure: options => options with { Upstream = new KubernetesEndpoint(old.Url, handler) });
        using StreamingClient gateway = room.Client();
        await RunAsync("SPDY/3.1 v4.channel.k8s.io");
        await RunAsync("SPDY/3.1 v4.channel.k8s.io");
        port = renewed.Url.Port; // the server behind is another one from here on
        await old.DisposeAsync();
        await RunAsync("WebSocket v5.channel.k8s.io");

        async Task RunAsync(string server)
        {
            await using RemoteProcess run = await gateway.ExecAsync(Shell, ["true"], cancellationToken: Ct);
            Assert.True((await run.WaitForExitAsync(Ct)).Succeeded);
            await run.DisposeAsync();
            await Eventually.HoldsAsync(() => room.Audit.LastOrDefault()?.ServerProtocol == server, "dialled by " + server, cancellationToken: Ct);
        }
    }

    [Theory]
    [InlineData("websocket")]
    [InlineData("spdy")]
    public async Task A_role_that_may_create_and_not_get_is_enough(string client)
    {
        ApiUser creator = new() { Name = "dev", Token = "creator-token", Rules = [new ApiRule { Verbs = ["create"], Resources = ["pods/exec"] }] };
        ApiUser reader = new() { Name = "eye", Token = "reader-token", Rules = [new ApiRule { Verbs = ["get"], Resources = ["pods/exec"] }] };
        await using GatewayRoom room = await GatewayRoom.StartAsync(new LabOptions { Users = [creator, reader] });
        using StreamingClient may = room.Client(creator.Token), mayNot = room.Client(reader.Token);
        await using RemoteProcess process = await may.ExecAsync(Shell, ["true"], Options(client), Ct);
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => mayNot.ExecAsync(Shell, ["true"], Options(client), Ct));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task Refusals_are_the_servers_own()
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync();
        using StreamingClient gateway = room.Client(), nobody = room.Client("wrong-token");
        UpgradeException missing = await Assert.ThrowsAsync<UpgradeException>(() => gateway.ExecAsync(new("absent"), ["true"], new ExecOptions { Stdin = true }, Ct));
        Assert.Equal((HttpStatusCode.NotFound, "pods \"absent\" not found"), (missing.StatusCode, missing.Status?.Message));
        UpgradeException unknown = await Assert.ThrowsAsync<UpgradeException>(() => nobody.ExecAsync(Shell, ["true"], cancellationToken: Ct));
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        await room.Lab.DisposeAsync();
        UpgradeException gone = await Assert.ThrowsAsync<UpgradeException>(() => gateway.ExecAsync(Shell, ["true"], new ExecOptions { Transport = Transport.WebSocket }, Ct));
        Assert.Contains(gone.StatusCode, (HttpStatusCode[])[HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable]);
    }

    internal static LabOptions Lab(string carrier) => new() { Protocols = carrier == "spdy" ? RemoteCommandProtocol.OverSpdy : RemoteCommandProtocol.OverWebSocket };

    internal static ExecOptions Options(string client) => new() { Transport = client == "spdy" ? Transport.Spdy : Transport.WebSocket };

    [Theory, MemberData(nameof(Forms)), Trait("Case", "B9")]
    public async Task A_pod_of_several_containers_is_left_to_who_asks(string client, string server)
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync(Lab(server));
        using StreamingClient gateway = room.Client();
        UpgradeException refused = await Assert.ThrowsAsync<UpgradeException>(() => gateway.ExecAsync(new("demo"), ["true"], Options(client), Ct));
        Assert.True(refused.NeedsContainer, refused.Message);
    }

    static KubernetesEndpoint Through(FaultProxy proxy, LabServer lab) => GatewayRoom.EndpointOf(new Uri($"https://127.0.0.1:{proxy.Port}"), lab.AuthorityPem, null);

    internal static async Task<string> ReadAsync(PipeReader reader, int least)
    {
        ReadResult result = await reader.ReadAtLeastAsync(least, Ct);
        string text = Encoding.UTF8.GetString(result.Buffer.ToArray());
        reader.AdvanceTo(result.Buffer.End);
        return text;
    }

    static async Task<long> CountAsync(PipeReader reader)
    {
        long count = 0;
        while (true)
        {
            ReadResult result = await reader.ReadAsync(Ct);
            count += result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return count;
        }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
