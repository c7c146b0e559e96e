using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Containerd;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Node.Tests.Kubelet;

/// <summary>The front's own health, which is asked on the machine itself: whether it lives, and whether it can do what it is for.</summary>
public sealed class HealthTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_front_in_order_lives_and_is_ready()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithHealth);
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(room.Server.HealthUrl!.Host)));
        foreach (string path in (string[])["/livez", "/healthz", "/readyz"]) Assert.Equal((200, "ok"), await AskAsync(room.Server, path));
        Assert.Equal(405, (await AskAsync(room.Server, "/readyz", HttpMethod.Post)).Code);
        foreach (string path in (string[])["/", "/metrics", "/fairlead/metrics", "/pods", "/exec/ns/p/c?command=id&output=1"])
            Assert.Equal((404, "not found"), await AskAsync(room.Server, path));
        Assert.Empty(room.Kubelet.Requests);
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:1", HttpStatusCode.OK)]
    [InlineData("rebound.example", HttpStatusCode.NotFound)]
    public async Task A_page_whose_name_leads_here_is_told_nothing(string host, HttpStatusCode expected)
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithHealth);
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(room.Server.HealthUrl!, "/livez"));
        request.Headers.Host = host;
        using HttpResponseMessage response = await client.SendAsync(request, Ct);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Nobody_who_did_not_ask_for_it_has_such_a_port()
    {
        await using FrontRoom room = await FrontRoom.StartAsync();
        Assert.Null(room.Server.HealthUrl);
    }

    [Fact]
    public async Task A_front_whose_runtime_has_not_come_is_not_ready()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(static options =>
            WithHealth(options) with { Cri = UnixSocketAddress.Parse("unix:///run/fairlead-nobody/cri.sock") });
        (int code, string why) = await AskAsync(room.Server, "/readyz");
        Assert.Equal(503, code);
        Assert.Contains("the container runtime at unix:///run/fairlead-nobody/cri.sock does not answer", why, StringComparison.Ordinal);
        Assert.Equal((200, "ok"), await AskAsync(room.Server, "/livez"));
    }

    [Fact]
    public async Task A_front_whose_runtime_went_away_is_not_ready()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithHealth);
        Assert.Equal(200, (await AskAsync(room.Server, "/readyz")).Code);
        await room.Cri.DisposeAsync();
        (int code, string why) = await AskAsync(room.Server, "/readyz");
        Assert.Equal(503, code);
        Assert.StartsWith("the container runtime does not answer", why, StringComparison.Ordinal);
        Assert.Equal((200, "ok"), await AskAsync(room.Server, "/livez"));
    }

    [Fact]
    public async Task A_front_that_cannot_ask_who_may_is_not_ready_until_it_can_or_nobody_knows()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithHealth);
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        room.Cluster.Allows = static _ => null;
        Assert.Equal(500, (await room.AskAsync(FrontRoom.Exec, jane)).Code);
        Assert.Equal((503, "the cluster could not be asked about callers for 0 s"), await AskAsync(room.Server, "/readyz"));
        room.Cluster.Allows = static _ => true;
        Assert.Equal(404, (await room.AskAsync(FrontRoom.Exec, jane)).Code);
        Assert.Equal((200, "ok"), await AskAsync(room.Server, "/readyz"));
        room.Cluster.Allows = static _ => null;
        Assert.Equal(500, (await room.AskAsync("/pods", jane)).Code);
        Assert.Equal(503, (await AskAsync(room.Server, "/readyz")).Code);
        room.Clock.Advance(TimeSpan.FromMinutes(2)); // nobody has asked since
        Assert.Equal((200, "ok"), await AskAsync(room.Server, "/readyz"));
    }

    [Fact]
    public async Task A_front_that_drains_is_not_ready()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithHealth);
        room.Cluster.Allows = static _ => true;
        TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        room.Kubelet.Paths["containerLogs"] = async context =>
        {
            await context.Response.WriteAsync("a line\n");
            await context.Response.Body.FlushAsync();
            await end.Task;
        };
        using X509Certificate2 jane = room.Callers.IssueClientSubject("CN=jane");
        using HttpClient client = room.Client(jane);
        using HttpResponseMessage log = await client.GetAsync(
            new Uri("/containerLogs/ns/p/c?follow=true", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Ct);
        Task draining = room.Server.DrainAsync(Eventually.Patience, cancellationToken: Ct);
        Assert.Equal((503, "draining"), await AskAsync(room.Server, "/readyz"));
        Assert.Equal((200, "ok"), await AskAsync(room.Server, "/livez"));
        Assert.False(draining.IsCompleted);
        end.SetResult();
        Assert.Equal("a line\n", await log.Content.ReadAsStringAsync(Ct));
        await draining.WaitAsync(Eventually.Patience, Ct);
        Assert.Equal((503, "draining"), await AskAsync(room.Server, "/readyz"));
    }

    [Fact]
    public async Task A_front_that_was_replaced_leaves_the_answer_to_its_successor()
    {
        await using FrontRoom room = await FrontRoom.StartAsync(WithHealth);
        int port = room.Server.HealthUrl!.Port;
        await using NodeServer successor = await NodeServer.StartAsync(room.Options() with { HealthPort = port }, Ct);
        Assert.Equal(port, successor.HealthUrl!.Port);
        await room.Server.DrainAsync(Eventually.Patience, isReplaced: true, Ct);
        for (int i = 0; i < 20; i++) Assert.Equal((200, "ok"), await AskAsync(successor, "/readyz"));
    }

    [Fact]
    public async Task A_port_that_somebody_else_has_is_told()
    {
        using Socket other = new(SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        int port = ((IPEndPoint)other.LocalEndPoint!).Port;
        IOException refused = await Assert.ThrowsAsync<IOException>(() => FrontRoom.StartAsync(options => options with { HealthPort = port }));
        Assert.Equal($"the port of the node's health, 127.0.0.1:{port}, cannot be had: Address already in use", refused.Message);
    }

    static NodeOptions WithHealth(NodeOptions options) => options with { HealthPort = 0 };

    /// <summary>By a connection of its own.</summary>
    static async Task<(int Code, string Body)> AskAsync(NodeServer server, string path, HttpMethod? method = null)
    {
        using HttpClient client = new(new SocketsHttpHandler { UseProxy = false });
        using HttpRequestMessage request = new(method ?? HttpMethod.Get, new Uri(server.HealthUrl!, path));
        using HttpResponseMessage response = await client.SendAsync(request, Ct);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Ct));
    }
}
