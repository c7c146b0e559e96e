using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Upgrades;
using Fairlead.Upgrades.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Gateway.Tests;

/// <summary>A client certificate belongs to a connection: sessions of different ones never share one, by HTTP/2 either.</summary>
[Trait("Case", "C9")]
public sealed class SharedCertificateTests : IDisposable
{
    /// <summary>A client's frame with a byte of input, masked with zeros, and a server's with output.</summary>
    static readonly byte[] s_input = [0x82, 0x82, 0, 0, 0, 0, 0, (byte)'x'], s_heard = [0x82, 6, 1, .. "heard"u8];

    readonly TestAuthority _authority = new();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Callers with tokens, and callers whom the gateway speaks for by its own certificate, which is renewed while sessions run.</summary>
    [Fact]
    public async Task The_gateways_own_certificate_is_on_no_connection_of_others_and_a_renewed_one_has_another()
    {
        using X509Certificate2 first = _authority.IssueClientSubject("CN=gateway-1"), second = _authority.IssueClientSubject("CN=gateway-2"),
            jane = _authority.IssueClientSubject("CN=jane"), john = _authority.IssueClientSubject("CN=john");
        KubernetesEndpoint? own = null;
        await using GatewayPair pair = await GatewayPair.StartAsync((options, upstream) => options with
        {
            Own = own = upstream.Endpoint(certificate: first),
            ClientAuthorities = [X509Certificate2.CreateFromPem(_authority.Pem)],
            UpstreamChecksCreate = true,
        }, secure: true);
        pair.Upstream.Other = HearAsync;
        List<HttpResponseMessage> open = [];
        await OpenAsync();
        own!.Replace(pair.Upstream.Handler(second));
        await OpenAsync();

        RecordingUpstream.Seen[] seen = [.. pair.Upstream.Others];
        Assert.Equal((24, 24), (open.Count, seen.Length));
        Assert.All(seen, static each => Assert.Equal("HTTP/2", each.Protocol));
        ILookup<string?, RecordingUpstream.Seen> by = seen.ToLookup(static each => each.Certificate);
        Assert.All(by["CN=gateway-1"].Concat(by["CN=gateway-2"]), static each => Assert.Contains(each.Header("Impersonate-User"), (string[])["jane", "john"]));
        Assert.All(by[null], static each => Assert.Equal((null, true), (each.Header("Impersonate-User"), each.Header("Authorization")!.StartsWith("Bearer of-", StringComparison.Ordinal))));
        Assert.Equal((8, 8, 8), (by[null].Count(), by["CN=gateway-1"].Count(), by["CN=gateway-2"].Count()));
        string[] connections = [.. by.Select(static each => Assert.Single(each.Select(static one => one.Connection).Distinct()))]; // who is alike shares
        Assert.Equal(3, connections.Distinct().Count());

        foreach (HttpResponseMessage answer in open) // those of before the renewal too
        {
            await using Stream session = await answer.Content.ReadAsStreamAsync(Ct);
            byte[] back = new byte[s_heard.Length];
            await session.WriteAsync(s_input, Ct);
            await session.FlushAsync(Ct);
            await session.ReadExactlyAsync(back, Ct);
            Assert.Equal(s_heard, back);
            answer.Dispose();
        }

        async Task OpenAsync()
        {
            for (int i = 0; i < 4; i++)
            {
                open.Add(await pair.ConnectAsync(headers: ["Authorization: Bearer of-" + i]));
                open.Add(await pair.ConnectAsync(certificate: jane));
                open.Add(await pair.ConnectAsync(certificate: john));
            }

            Assert.All(open, static answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        }
    }

    /// <summary>The library's side: one process, two certificates, and a gateway that tells its callers apart by them alone.</summary>
    [Fact]
    public async Task Clients_with_different_certificates_share_no_connection_and_each_session_is_its_own_callers()
    {
        using X509Certificate2 jane = _authority.IssueClientSubject("CN=jane"), john = _authority.IssueClientSubject("CN=john");
        await using GatewayPair pair = await GatewayPair.StartAsync((options, upstream) => options with
        {
            Own = upstream.Endpoint("gateway-token"),
            ClientAuthorities = [X509Certificate2.CreateFromPem(_authority.Pem)],
            UpstreamChecksCreate = true,
        }, secure: true);
        pair.Upstream.Other = RecordingUpstream.TakeConnectAsync;
        await using FaultProxy line = new(pair.Address);
        using KubernetesEndpoint janes = Endpoint(jane), johns = Endpoint(john);
        TransportMemory memory = new(TimeProvider.System);
        using UpgradeDialer asJane = new(janes, memory), asJohn = new(johns, memory);
        List<UpgradedConnection> open = [];
        for (int i = 0; i < 5; i++)
        {
            open.Add(await DialAsync(asJane, "jane"));
            open.Add(await DialAsync(asJohn, "john"));
        }

        Assert.All(open, static each => Assert.True(each.IsShared));
        Assert.Equal(2, line.AcceptedConnections);
        RecordingUpstream.Seen[] seen = [.. pair.Upstream.Others];
        Assert.Equal(10, seen.Length);
        Assert.All(seen, static each => Assert.EndsWith("command=" + each.Header("Impersonate-User"), each.Target, StringComparison.Ordinal));
        Assert.Single(seen.Select(static each => each.Connection).Distinct()); // impersonation is a header, and shares
        foreach (UpgradedConnection each in open) await each.Stream.DisposeAsync();

        Task<UpgradedConnection> DialAsync(UpgradeDialer dialer, string who) => dialer.DialAsync(
            new Uri($"https://127.0.0.1:{line.Port}/api/v1/namespaces/ns/pods/p/exec?stdout=true&command={who}"),
            new RemoteCommandRequest { Command = [who], Stdout = true }, new RemoteCommandOptions { Transport = Transport.WebSocket }, cancellationToken: Ct);

        KubernetesEndpoint Endpoint(X509Certificate2 certificate)
        {
            SocketsHttpHandler handler = new() { UseProxy = false };
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(pair.Gateway.AuthorityPem);
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
            return new KubernetesEndpoint(new Uri($"https://127.0.0.1:{line.Port}"), handler) { SharesConnections = true };
        }
    }

    /// <summary>Takes a session, and answers what its client says first.</summary>
    static async Task HearAsync(HttpContext context)
    {
        context.Response.Headers.SecWebSocketProtocol = RemoteCommandProtocol.V5.Name;
        await using Stream stream = await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
        byte[] input = new byte[s_input.Length];
        await stream.ReadExactlyAsync(input, context.RequestAborted);
        await stream.WriteAsync(s_heard, context.RequestAborted);
        while (await stream.ReadAsync(input, context.RequestAborted) > 0) { }
    }

    public void Dispose() => _authority.Dispose();
}
