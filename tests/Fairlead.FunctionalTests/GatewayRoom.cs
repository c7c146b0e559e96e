using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Gateway;
using Fairlead.Lab;
using Fairlead.Wire;

namespace Fairlead.FunctionalTests;

/// <summary>A lab, a gateway in front of it, and clients of the gateway, all in this process.</summary>
sealed class GatewayRoom : IAsyncDisposable
{
    readonly bool _ownsLab;

    GatewayRoom(LabServer lab, bool ownsLab, GatewayServer gateway, ConcurrentQueue<AuditRecord> audit) =>
        (Lab, _ownsLab, Gateway, Audit) = (lab, ownsLab, gateway, audit);

    internal LabServer Lab { get; }

    internal GatewayServer Gateway { get; }

    internal ConcurrentQueue<AuditRecord> Audit { get; }

    internal static Task<GatewayRoom> StartAsync(RemoteCommandProtocol protocol) => StartAsync(new LabOptions { Protocols = [protocol] });

    /// <param name="lab">The lab behind.</param>
    /// <param name="configure">Changes the gateway's options.</param>
    /// <param name="shared">A lab that is there already, and stays.</param>
    /// <param name="sharesBulk">What may carry much goes to the lab by HTTP/2 as well, where anything does.</param>
    internal static async Task<GatewayRoom> StartAsync(
        LabOptions? lab = null, Func<GatewayOptions, GatewayOptions>? configure = null, LabServer? shared = null, bool sharesBulk = false)
    {
        LabServer server = shared ?? await LabServer.StartAsync(lab ?? new LabOptions(), TestContext.Current.CancellationToken);
        ConcurrentQueue<AuditRecord> audit = new();
        GatewayOptions options = new() { Upstream = EndpointOf(server.Url, server.AuthorityPem, null, sharesBulk: sharesBulk), Audit = audit.Enqueue };
        GatewayServer gateway = await GatewayServer.StartAsync(configure?.Invoke(options) ?? options, TestContext.Current.CancellationToken);
        return new GatewayRoom(server, shared is null, gateway, audit);
    }

    /// <summary>A client of the gateway, with a lab user's token.</summary>
    /// <param name="token">The token; the first user's for null.</param>
    /// <param name="shares">Sessions share HTTP/2 connections, those that may carry much too.</param>
    internal StreamingClient Client(string? token = null, bool shares = false) =>
        new(EndpointOf(Gateway.Url, Gateway.AuthorityPem!, token ?? Lab.Users[0].Token, shares: shares, sharesBulk: shares));

    /// <summary>An endpoint that trusts one authority and shows a token, if it has one.</summary>
    internal static KubernetesEndpoint EndpointOf(
        Uri url, string authorityPem, string? token, X509Certificate2? certificate = null, bool shares = false, bool sharesBulk = false) => new(url, HandlerOf(authorityPem, certificate))
        {
            SharesConnections = shares,
            SharesBulk = sharesBulk,
            Authorize = token is null ? null : (request, _, _) =>
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                return ValueTask.CompletedTask;
            },
        };

    internal static SocketsHttpHandler HandlerOf(string authorityPem, X509Certificate2? certificate = null)
    {
        SocketsHttpHandler handler = new() { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(authorityPem);
        if (certificate is not null) handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        return handler;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        if (_ownsLab) await Lab.DisposeAsync();
    }
}
