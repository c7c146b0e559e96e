using System.Net;
using Fairlead.Gateway;
using Fairlead.Lab;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Fairlead.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Fairlead.Stand;

/// <summary>Pods APIs and gateways that the released command does not have. On the loopback interface alone.</summary>
static class Servers
{
    /// <summary>Serves the pod demo until the input ends.</summary>
    /// <param name="kind"><c>plain</c>: as the lab does, without TLS. <c>idle</c> and <c>idle-tls</c>: sessions that have no process and do nothing.</param>
    /// <param name="protocols"><c>all</c>, <c>websocket</c> or <c>spdy</c>.</param>
    /// <param name="kubeconfig">Where to write how it is reached.</param>
    public static async Task PodsAsync(string kind, string protocols, string kubeconfig)
    {
        ApiUser user = new() { Name = "stand", Token = Guid.NewGuid().ToString("N"), Rules = [new ApiRule { Verbs = [ApiRule.All], Resources = [ApiRule.All] }] };
        using EphemeralCertificate certificate = EphemeralCertificate.Create(IPAddress.Loopback, "fairlead stand");
        await using ProcessRuntime demo = ProcessRuntime.Start(DemoPods.Create());
        bool secure = kind == "idle-tls";
        await using WebApplication application = StreamingHost.Build(null, kestrel =>
        {
            PodsApiKestrel.Configure(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                if (secure) listen.UseHttps(certificate.Server);
            });
        });
        application.MapPodsApi(kind == "plain" ? demo : new IdleRuntime(), demo, new PodsApiOptions
        {
            Users = [user],
            Authenticate = _ => user, // clients show no token where there is no TLS
            Protocols = protocols switch { "spdy" => RemoteCommandProtocol.OverSpdy, "websocket" => RemoteCommandProtocol.OverWebSocket, _ => RemoteCommandProtocol.All },
        });
        await application.StartAsync();
        await ReadyAsync(StreamingHost.AddressesOf(application)[0], secure ? certificate.AuthorityPem : null, user.Token, kubeconfig);
        await application.StopAsync();
    }

    /// <summary>Serves a gateway without TLS towards its clients until the input ends.</summary>
    /// <param name="upstream">The kubeconfig of the server behind.</param>
    /// <param name="transport">What sessions are carried by there.</param>
    /// <param name="kubeconfig">Where to write how it is reached.</param>
    public static async Task GatewayAsync(string upstream, string transport, string kubeconfig)
    {
        await using GatewayServer gateway = await GatewayServer.StartAsync(new GatewayOptions
        {
            Upstream = KubeConfigEndpoint.Load(new KubeConfigOptions { Path = upstream, Anonymous = true, Interactive = false }),
            UpstreamTransport = Enum.Parse<Transport>(transport, ignoreCase: true),
            MaxSessionsPerCaller = 10_000,
            WithoutTls = true,
        });
        await ReadyAsync(gateway.Url, null, null, kubeconfig);
    }

    static async Task ReadyAsync(Uri url, string? authorityPem, string? token, string kubeconfig)
    {
        string user = token is null ? "{}" : $"{{token: {token}}}";
        string authority = authorityPem is null ? "" : $", certificate-authority-data: {Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(authorityPem))}";
        await OwnerOnlyFile.WriteAsync(kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            current-context: stand
            clusters: [{name: stand, cluster: {server: "{{{url}}}"{{{authority}}}}}]
            users: [{name: stand, user: {{{user}}}}]
            contexts: [{name: stand, context: {cluster: stand, user: stand, namespace: default}}]

            """, CancellationToken.None);
        Console.WriteLine($"ready {url}");
        await Input.EndsAsync();
    }
}
