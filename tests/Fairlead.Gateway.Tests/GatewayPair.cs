using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Fairlead.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

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

    public static async Task<GatewayPair> StartAsync(Func<GatewayOptions, RecordingUpstream, GatewayOptions>? configure = null, bool secure = false, HttpProtocols protocols = HttpProtocols.Http1AndHttp2)
    {
        RecordingUpstream upstream = await RecordingUpstream.StartAsync(secure, protocols);
        LogRecorder logged = new();
        ConcurrentQueue<AuditRecord> audit = new();
        GatewayOptions options = new() { Upstream = upstream.Endpoint(), Logging = logged, Audit = audit.Enqueue };
        GatewayServer gateway = await GatewayServer.StartAsync(configure?.Invoke(options, upstream) ?? options, TestContext.Current.CancellationToken);
        return new GatewayPair(upstream, gateway, logged, audit);
    }

    public IPEndPoint Address => new(IPAddress.Loopback, Gateway.Url.Port);

    public HttpClient Client(X509Certificate2? certificate = null) => new(Handler(certificate)) { BaseAddress = Gateway.Url };

    SocketsHttpHandler Handler(X509Certificate2? certificate)
    {
        SocketsHttpHandler handler = new() { AllowAutoRedirect = false, UseCookies = false, UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(Gateway.AuthorityPem);
        if (certificate is not null) handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        return handler;
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

    /// <summary>Asks for it by HTTP/2: an extended CONNECT. Headers are lines; the answer's content is what the stream carries.</summary>
    public async Task<HttpResponseMessage> ConnectAsync(
        string target = Exec, string[]? headers = null, string? subprotocols = "v5.channel.k8s.io", string protocol = "websocket", X509Certificate2? certificate = null)
    {
        HttpMessageInvoker client = new(Handler(certificate));
        using HttpRequestMessage request = new(HttpMethod.Connect, new Uri(Gateway.Url, target)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Protocol = protocol;
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        if (subprotocols is not null) request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", subprotocols);
        foreach (string header in headers ?? [])
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            Assert.True(request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim()));
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The code by which a session is answered, asked for by GET or by an extended CONNECT; 101 stands for the yes of either.</summary>
    public async Task<int> CodeAsync(bool isHttp2, string target = Exec, string[]? headers = null, string? subprotocols = "v5.channel.k8s.io")
    {
        if (isHttp2)
        {
            using HttpResponseMessage answer = await ConnectAsync(target, headers, subprotocols);
            return answer.IsSuccessStatusCode ? 101 : (int)answer.StatusCode;
        }

        await using RawWebSocket session = await UpgradeAsync(target, headers, subprotocols);
        return session.StatusCode;
    }

    public static async Task<string?> ReasonAsync(HttpResponseMessage response) =>
        (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["reason"];

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Upstream.DisposeAsync();
    }
}
