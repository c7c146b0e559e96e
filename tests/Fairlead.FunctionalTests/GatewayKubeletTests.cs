using System.Collections.Concurrent;
using System.Net;
using Fairlead.Gateway;
using Fairlead.Lab;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Fairlead.Server.Issued;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Upgrades;
using Fairlead.Upgrades.RemoteCommand;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Builder;

namespace Fairlead.FunctionalTests;

/// <summary>A kubelet behind the gateway: its paths are sessions like an API server's, joined whatever the two sides speak.</summary>
public sealed class GatewayKubeletTests
{
    static readonly ApiUser s_user = new() { Name = "kube-apiserver", Token = "kubelet-token", Rules = [ApiRule.Everything] };

    public static TheoryData<string, string> Forms => new()
    {
        { PortForwardProtocol.Direct.Name, PortForwardProtocol.Spdy.Name },
        { PortForwardProtocol.Spdy.Name, PortForwardProtocol.Direct.Name },
        { PortForwardProtocol.Tunnel.Name, PortForwardProtocol.Spdy.Name },
        { PortForwardProtocol.Spdy.Name, PortForwardProtocol.Spdy.Name },
        { PortForwardProtocol.ChannelsV4.Name, PortForwardProtocol.Spdy.Name },
        { PortForwardProtocol.Spdy.Name, PortForwardProtocol.ChannelsV4.Name },
    };

    [Theory, MemberData(nameof(Forms))]
    public async Task A_port_is_reached_whatever_the_two_sides_speak(string client, string server)
    {
        await using ProcessRuntime runtime = ProcessRuntime.Start(DemoPods.Create());
        await using WebApplication kubelet = await KubeletAsync(runtime, Form(server));
        ConcurrentQueue<AuditRecord> audit = new();
        await using GatewayServer gateway = await GatewayServer.StartAsync(new GatewayOptions
        {
            Upstream = new KubernetesEndpoint(StreamingHost.AddressesOf(kubelet)[0], new SocketsHttpHandler { UseProxy = false }),
            UpstreamChecksCreate = true, // a kubelet knows no reviews
            Audit = audit.Enqueue,
        }, Ct);
        await using PodService echo = new(PodService.EchoAsync);
        using KubernetesEndpoint endpoint = GatewayRoom.EndpointOf(gateway.Url, gateway.AuthorityPem!, s_user.Token);
        using UpgradeDialer dialer = new(endpoint, new TransportMemory(TimeProvider.System));
        ForwardSession session = await dialer.OpenForwardAsync(
            new Uri(gateway.Url, "/portForward/default/demo"), echo.Port, new PortForwardOptions { Protocols = [Form(client)] }, "port", cancellationToken: Ct);
        await using (session)
        {
            await using ForwardedStream connection = await session.ConnectAsync(echo.Port, Ct);
            await connection.WriteAsync("hello"u8.ToArray(), Ct);
            byte[] answer = new byte[5];
            await connection.ReadExactlyAsync(answer, Ct);
            Assert.Equal("hello"u8.ToArray(), answer);
        }

        await Eventually.HoldsAsync(() => audit.Any(static record => record.End != "Abandoned") && gateway.ActiveSessions == 0, "the session is over", cancellationToken: Ct);
        IEnumerable<AuditRecord> joined = audit.Where(static record => record.End != "Abandoned"); // a spare that its client gave up is no pairing
        Assert.All(joined, record => Assert.Equal(
            ("portforward", "default", "demo", Form(client).Description, Form(server).Description), (record.Kind, record.Namespace, record.Pod, record.ClientProtocol, record.ServerProtocol)));
    }

    [Fact]
    public async Task A_command_runs_by_the_kubelets_path()
    {
        await using ProcessRuntime runtime = ProcessRuntime.Start(DemoPods.Create());
        await using WebApplication kubelet = await KubeletAsync(runtime, PortForwardProtocol.Spdy);
        await using GatewayServer gateway = await GatewayServer.StartAsync(new GatewayOptions
        {
            Upstream = new KubernetesEndpoint(StreamingHost.AddressesOf(kubelet)[0], new SocketsHttpHandler { UseProxy = false }),
            UpstreamChecksCreate = true,
        }, Ct);
        using KubernetesEndpoint endpoint = GatewayRoom.EndpointOf(gateway.Url, gateway.AuthorityPem!, s_user.Token);
        using UpgradeDialer dialer = new(endpoint, new TransportMemory(TimeProvider.System));
        RemoteCommandRequest request = new() { Command = ["sh", "-c", "exit 7"], Stdout = true };
        UpgradedConnection connection = await dialer.DialAsync(
            new Uri(gateway.Url, "/exec/default/demo/shell?output=1&command=sh&command=-c&command=exit%207"), request, new ExecOptions { Transport = Transport.Spdy }, static _ => { }, Ct);
        await using AskingSession session = new(await connection.AskAsync(request, CarrierLimits.Default, Ct), request);
        Assert.True((await session.Status).TryGetExitCode(out int code));
        Assert.Equal(7, code);
    }

    [Theory]
    [InlineData("/Exec/default/demo/shell?command=id&output=1")]
    [InlineData("/EXEC/default/demo/uid/shell?command=id&output=1")]
    [InlineData("/ATTACH/default/demo/shell?output=1")]
    [InlineData("/portforward/default/demo?port=80")]
    [InlineData("/PortForward/default/demo/uid?port=80")]
    public async Task A_kubelets_path_is_compared_letter_by_letter(string target)
    {
        await using ProcessRuntime runtime = ProcessRuntime.Start(DemoPods.Create());
        await using WebApplication kubelet = await KubeletAsync(runtime, PortForwardProtocol.Direct);
        await ExpectNotFoundAsync(kubelet, target);
    }

    [Fact]
    public async Task A_ticket_is_not_taken_by_a_path_of_another_case()
    {
        StreamTickets tickets = new(TimeProvider.System);
        await using WebApplication streams = StreamingHost.Build(null, static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        streams.MapIssuedStreams(tickets, new PodsApiOptions { Users = [] });
        await streams.StartAsync(Ct);
        string ticket = tickets.Issue(new IssuedForward((_, _) => throw new NotSupportedException(), "default", "demo", []))!;
        foreach (string kind in (string[])["Exec", "ATTACH", "portForward"]) await ExpectNotFoundAsync(streams, $"/{kind}/{ticket}");
        Assert.NotNull(tickets.Redeem(ticket));
    }

    static async Task ExpectNotFoundAsync(WebApplication server, string target)
    {
        IPEndPoint address = new(IPAddress.Loopback, StreamingHost.AddressesOf(server)[0].Port);
        await using RawWebSocket refused = await RawWebSocket.ConnectAsync(
            address, target, "v4.channel.k8s.io", headers: ["Authorization: Bearer " + s_user.Token], cancellationToken: Ct);
        Assert.Equal(404, refused.StatusCode);
    }

    static async Task<WebApplication> KubeletAsync(ProcessRuntime runtime, PortForwardProtocol form)
    {
        WebApplication kubelet = StreamingHost.Build(null, static kestrel =>
        {
            PodsApiKestrel.Configure(kestrel);
            kestrel.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        });
        kubelet.MapKubeletStreaming(runtime, runtime, new PodsApiOptions { Users = [s_user], PortForwardProtocols = [form] });
        await kubelet.StartAsync(Ct);
        return kubelet;
    }

    static PortForwardProtocol Form(string name) => PortForwardProtocol.All.First(form => form.Name == name);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
