using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Gateway;
using Fairlead.Lab;
using Fairlead.Testing;
using Microsoft.Extensions.Logging;

namespace Fairlead.FunctionalTests;

/// <summary>
/// Sessions that share HTTP/2 connections (RFC 8441), and the traps of that: what concerns one of them must not concern the others. Those
/// that may carry much share here too, but for the test of that rule: other clients than ours may ask so.
/// </summary>
[Trait("Case", "C9")]
public sealed class SharedConnectionTests
{
    static readonly PodReference s_shell = new("demo", "default", "shell");

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The default of most servers is 100 streams, and the one behind the last waits in silence.</summary>
    [Fact]
    public async Task Three_hundred_sessions_share_few_connections_and_none_hears_another()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        using StreamingClient client = Client(lab, line.Port);
        RemoteProcess[] all = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => client.ExecAsync(s_shell, ["cat"], new ExecOptions { Stdin = true }, Ct)));
        int connections = line.AcceptedConnections; // one more where a server's word on how many streams it takes was late
        Assert.InRange(connections, 2, 3);
        await Task.WhenAll(all.Select(async (process, i) =>
        {
            byte[] words = [.. System.Text.Encoding.ASCII.GetBytes($"this is session {i}")];
            await process.StandardInput.WriteAsync(words, Ct);
            await process.StandardInput.CompleteAsync();
            Assert.Equal($"this is session {i}", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
            Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
        }));
        foreach (RemoteProcess process in all) await process.DisposeAsync();
        await using RemoteProcess after = await client.ExecAsync(s_shell, ["true"], cancellationToken: Ct);
        Assert.True((await after.WaitForExitAsync(Ct)).Succeeded);
        Assert.Equal(connections, line.AcceptedConnections);
    }

    /// <summary>The rule of docs/http2.md: piped input may be much, and has a connection of its own.</summary>
    [Fact]
    public async Task Input_that_is_no_terminals_has_a_connection_of_its_own()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        using StreamingClient client = new(GatewayRoom.EndpointOf(new Uri($"https://127.0.0.1:{line.Port}"), lab.AuthorityPem, lab.Users[0].Token, shares: true));
        List<RemoteProcess> held = [];
        for (int i = 0; i < 5; i++)
        {
            held.Add(await client.ExecAsync(s_shell, ["sh"], new ExecOptions { Stdin = true, Tty = true }, Ct));
            held.Add(await client.ExecAsync(s_shell, ["sleep", "600"], cancellationToken: Ct));
        }

        Assert.Equal(1, line.AcceptedConnections);
        await ExpectEchoAsync(client);
        await ExpectEchoAsync(client);
        Assert.Equal(3, line.AcceptedConnections);
        foreach (RemoteProcess process in held) await process.DisposeAsync();
    }

    [Fact]
    public async Task Much_goes_both_ways_on_several_sessions_at_once()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        using StreamingClient client = Client(lab, lab.Url.Port);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            byte[] content = RandomNumberGenerator.GetBytes(4 << 20);
            await using RemoteProcess process = await client.ExecAsync(s_shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
            Task sending = Task.Run(async () =>
            {
                await process.StandardInput.WriteAsync(content, Ct);
                await process.StandardInput.CompleteAsync();
            }, Ct);
            using MemoryStream received = new();
            await process.StandardOutput.CopyToAsync(received, Ct);
            await sending;
            Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
            Assert.Equal(SHA256.HashData(content), SHA256.HashData(received.ToArray()));
        }));
    }

    /// <summary>A connection's window is all sessions': what nobody reads must not use it up.</summary>
    [Fact]
    public async Task Sessions_whose_input_nobody_reads_hold_up_no_other()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        using StreamingClient client = Client(lab, line.Port);
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        List<(RemoteProcess Process, Task Flooding)> stuck = [];
        for (int i = 0; i < 16; i++)
        {
            RemoteProcess process = await client.ExecAsync(s_shell, ["sh", "-c", "echo begun; sleep 600"], new ExecOptions { Stdin = true }, Ct);
            await ExpectLineAsync(process);
            stuck.Add((process, Task.Run(async () =>
            {
                byte[] chunk = new byte[64 * 1024];
                while (true) await process.StandardInput.WriteAsync(chunk, over.Token);
            }, Ct)));
        }

        await Standstill.OfAsync(() => line.BytesToServer, "what nobody reads is held up", Ct);
        Assert.All(stuck, static each => Assert.False(each.Flooding.IsCompleted));
        await ExpectEchoAsync(client);
        Assert.Equal(1, line.AcceptedConnections);
        await over.CancelAsync();
        foreach ((RemoteProcess process, Task flooding) in stuck)
        {
            await process.DisposeAsync();
            await flooding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        await ExpectEchoAsync(client);
        Assert.Equal(1, line.AcceptedConnections);
    }

    /// <summary>A web server that measures a connection by its slowest reader cuts it after five seconds, with all that is on it.</summary>
    [Fact]
    public async Task A_session_that_nobody_reads_costs_no_other_its_connection()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        using StreamingClient client = Client(lab, line.Port);
        const int Size = 64 << 20; // more than any window
        await using RemoteProcess unread = await client.ExecAsync(s_shell, ["head", "-c", $"{Size}", "/dev/zero"], cancellationToken: Ct);
        await using RemoteProcess ticking = await client.ExecAsync(s_shell, ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do sleep 1; echo $i; done"], cancellationToken: Ct);
        Assert.Equal("1\n2\n3\n4\n5\n6\n7\n8\n9\n", await ticking.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await ticking.WaitForExitAsync(Ct)).Succeeded);
        Assert.True(line.BytesToClient < Size);
        using CountingStream all = new();
        await unread.StandardOutput.CopyToAsync(all, Ct);
        Assert.Equal(Size, all.Count);
        Assert.True((await unread.WaitForExitAsync(Ct)).Succeeded);
        Assert.Equal(1, line.AcceptedConnections);
    }

    [Fact]
    public async Task Sessions_that_are_given_up_are_reset_alone_and_their_commands_end()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        using StreamingClient client = Client(lab, line.Port);
        await using RemoteProcess stays = await client.ExecAsync(s_shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
        for (int i = 0; i < 40; i++)
        {
            RemoteProcess process = await client.ExecAsync(s_shell, ["sh", "-c", "echo begun; sleep 600"], new ExecOptions { Stdin = true }, Ct);
            await ExpectLineAsync(process);
            process.Abort();
            await process.DisposeAsync();
        }

        await stays.StandardInput.WriteAsync("still here"u8.ToArray(), Ct);
        await stays.StandardInput.CompleteAsync();
        Assert.Equal("still here", await stays.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.Equal(1, line.AcceptedConnections);
    }

    /// <summary>A refused handshake closes a connection of HTTP/1.1. Here that would send every session a GOAWAY.</summary>
    [Fact]
    public async Task A_refusal_closes_nothing()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        using StreamingClient client = Client(lab, line.Port);
        await using RemoteProcess stays = await client.ExecAsync(s_shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
        foreach (PodReference pod in (PodReference[])[new("none"), s_shell with { Container = "none" }])
            await Assert.ThrowsAsync<UpgradeException>(() => client.ExecAsync(pod, ["true"], new ExecOptions { Transport = Transport.WebSocket }, Ct));
        await ExpectEchoAsync(client);
        Assert.Equal(1, line.AcceptedConnections);
    }

    [Fact]
    public async Task Forwarded_connections_share_one_too()
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        using StreamingClient client = Client(lab, line.Port);
        using TcpListener service = new(IPAddress.Loopback, 0);
        service.Start();
        int port = ((IPEndPoint)service.LocalEndpoint).Port;
        for (int i = 0; i < 5; i++)
        {
            await using Stream near = await client.ConnectAsync(new("demo"), port, cancellationToken: Ct);
            using TcpClient far = await service.AcceptTcpClientAsync(Ct);
            byte[] words = RandomNumberGenerator.GetBytes(300_000), back = new byte[words.Length];
            Task sending = near.WriteAsync(words, Ct).AsTask();
            await far.GetStream().ReadExactlyAsync(back, Ct);
            await sending;
            Assert.Equal(words, back);
        }

        Assert.Equal(1, line.AcceptedConnections);
    }

    [Fact]
    public async Task A_GOAWAY_sends_the_next_sessions_elsewhere_and_lets_those_that_run_finish()
    {
        await using GatewayRoom room = await GatewayRoom.StartAsync();
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, room.Gateway.Url.Port));
        using StreamingClient client = new(EndpointOf(line.Port, room.Gateway.AuthorityPem!, room.Lab.Users[0].Token));
        await using RemoteProcess before = await client.ExecAsync(s_shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task announced = room.Gateway.AnnounceEndAsync(TimeSpan.FromHours(1), enough.Token);
        await ExpectEchoAsync(client); // it is served, and brings the GOAWAY
        await Eventually.HoldsAsync(async () =>
        {
            await ExpectEchoAsync(client);
            return line.AcceptedConnections > 1; // where another gateway could be
        }, "a session goes by another connection", cancellationToken: Ct);
        await before.StandardInput.WriteAsync("still here"u8.ToArray(), Ct);
        await before.StandardInput.CompleteAsync();
        Assert.Equal("still here", await before.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await before.WaitForExitAsync(Ct)).Succeeded);
        await enough.CancelAsync();
        await announced.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Theory]
    [InlineData(CutKind.Reset)]
    [InlineData(CutKind.Fin)]
    public async Task A_connection_that_is_lost_ends_all_its_sessions_and_is_told_as_one_cause(CutKind kind)
    {
        await using LabServer lab = await LabServer.StartAsync(new LabOptions(), Ct);
        await using FaultProxy line = new(new IPEndPoint(IPAddress.Loopback, lab.Url.Port));
        LogRecorder logged = new();
        ConcurrentQueue<AuditRecord> audit = new();
        await using GatewayServer gateway = await GatewayServer.StartAsync(
            new GatewayOptions { Upstream = EndpointOf(line.Port, lab.AuthorityPem, null), Audit = audit.Enqueue, Logging = logged }, Ct);
        using StreamingClient client = new(GatewayRoom.EndpointOf(gateway.Url, gateway.AuthorityPem!, lab.Users[0].Token));
        List<RemoteProcess> all = [];
        for (int i = 0; i < 12; i++)
        {
            RemoteProcess process = await client.ExecAsync(s_shell, ["sh", "-c", "echo begun; sleep 600"], new ExecOptions { Stdin = true }, Ct);
            await ExpectLineAsync(process);
            all.Add(process);
        }

        Assert.InRange(line.AcceptedConnections, 1, 2); // one asks what callers may do
        line.Cut(kind);
        foreach (RemoteProcess process in all)
        {
            await Assert.ThrowsAnyAsync<Exception>(async () => await process.WaitForExitAsync(Ct));
            await process.DisposeAsync();
        }

        await Eventually.HoldsAsync(() => audit.Count == 12, "every session is told", cancellationToken: Ct);
        Assert.All(audit, static record => Assert.Equal(("ServerLost", "1.1", "2"), (record.End, record.ClientHttp, record.ServerHttp)));
        Assert.Contains("with all sessions on it", Assert.Single(logged.Entries, static entry => entry.Level >= LogLevel.Warning).Text, StringComparison.Ordinal);
        await ExpectEchoAsync(client);
    }

    static async Task ExpectEchoAsync(StreamingClient client)
    {
        await using RemoteProcess process = await client.ExecAsync(s_shell, ["cat"], new ExecOptions { Stdin = true }, Ct);
        await process.StandardInput.WriteAsync("heard"u8.ToArray(), Ct);
        await process.StandardInput.CompleteAsync();
        Assert.Equal("heard", await process.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
        Assert.True((await process.WaitForExitAsync(Ct)).Succeeded);
    }

    static async Task ExpectLineAsync(RemoteProcess process)
    {
        System.IO.Pipelines.ReadResult begun = await process.StandardOutput.ReadAtLeastAsync("begun\n"u8.Length, Ct);
        process.StandardOutput.AdvanceTo(begun.Buffer.End);
    }

    static StreamingClient Client(LabServer lab, int port) => new(EndpointOf(port, lab.AuthorityPem, lab.Users[0].Token));

    static KubernetesEndpoint EndpointOf(int port, string authority, string? token) =>
        GatewayRoom.EndpointOf(new Uri($"https://127.0.0.1:{port}"), authority, token, shares: true, sharesBulk: true);

    sealed class CountingStream : MemoryStream
    {
        internal long Count { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer) => Count += buffer.Length;

        public override void Write(byte[] buffer, int offset, int count) => Count += count;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Count += buffer.Length;
            return default;
        }
    }
}
