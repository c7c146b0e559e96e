using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Fairlead.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>A gateway in front of a recording server, and ways to send it requests.</summary>
sealed class GatewayPair : IAsyncDisposable
{
    public const string Exec = "/api/v1/namespaces/ns/pods/p/exec?command=ls&stdout=true";

    GatewayPair(RecordingUpstream upstream, GatewayServer gateway, LogRecorder logged, ConcurrentQueue<AuditRecord> audit) =>
        (Upstream, Gateway, Logged, Audit) = (upstream, gateway, logged, audit);

    public RecordingUpstream Upstream { get; }

    public GatewayServer Gateway { get; }

    public LogRecorder Logged { get; }

    public ConcurrentQueue<AuditRecord> Audit { get; }

    public static async Task<GatewayPair> StartAsync(Func<GatewayOptions, RecordingUpstream, GatewayOptions>? configure = null, bool secure = false)
    {
        RecordingUpstream upstream = await RecordingUpstream.StartAsync(secure);
        LogRecorder logged = new();
        ConcurrentQueue<AuditRecord> audit = new();
        GatewayOptions options = new() { Upstream = upstream.Endpoint(), Logging = logged, Audit = audit.Enqueue };
        GatewayServer gateway = await GatewayServer.StartAsync(configure?.Invoke(options, upstream) ?? options, TestContext.Current.CancellationToken);
        return new GatewayPair(upstream, gateway, logged, audit);
    }

    public IPEndPoint Address => new(IPAddress.Loopback, Gateway.Url.Port);

    public HttpClient Client(X509Certificate2? certificate = null)
    {
        SocketsHttpHandler handler = new() { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(Gateway.AuthorityPem);
        if (certificate is not null) handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        return new HttpClient(handler) { BaseAddress = Gateway.Url };
    }

    /// <summary>Sends a request; headers are lines.</summary>
    public async Task<HttpResponseMessage> SendAsync(string target, string[]? headers = null, X509Certificate2? certificate = null, HttpMethod? method = null)
    {
        using HttpClient client = Client(certificate);
        using HttpRequestMessage request = new(method ?? HttpMethod.Get, target);
        foreach (string header in headers ?? [])
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            Assert.True(request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim()));
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Asks for a session by WebSocket.</summary>
    public Task<RawWebSocket> UpgradeAsync(string target = Exec, string[]? headers = null, string? subprotocols = "v5.channel.k8s.io", string method = "GET") =>
        RawWebSocket.ConnectAsync(Address, target, subprotocols, tls: true, headers, method, cancellationToken: TestContext.Current.CancellationToken);

    public static async Task<string?> ReasonAsync(HttpResponseMessage response) =>
        (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["reason"];

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Upstream.DisposeAsync();
    }
}
