using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Server.Hosting;
using Fairlead.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Fairlead.Gateway.Tests;

/// <summary>A server behind the gateway that notes every request and answers as the test says.</summary>
sealed class RecordingUpstream : IAsyncDisposable
{
    readonly WebApplication _application;
    readonly EphemeralCertificate? _certificate;

    RecordingUpstream(WebApplication application, EphemeralCertificate? certificate) => (_application, _certificate) = (application, certificate);

    public const string Reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    public ConcurrentQueue<Seen> Requests { get; } = new();

    public Uri Url { get; private set; } = null!;

    /// <summary>Answers access reviews; by default with yes.</summary>
    public RequestDelegate Review { get; set; } = static context => JsonAsync(context, 201, """{"status":{"allowed":true}}""");

    /// <summary>Answers everything else; by default with 200 and "ok".</summary>
    public RequestDelegate Other { get; set; } = static context => context.Response.WriteAsync("ok");

    /// <summary>Is there first, before the body is noted.</summary>
    public RequestDelegate? BeforeBody { get; set; }

    public IEnumerable<Seen> Others => Requests.Where(static seen => seen.Target != Reviews);

    /// <param name="secure">Over TLS, with HTTP/2.</param>
    /// <param name="protocols">The versions of HTTP.</param>
    public static async Task<RecordingUpstream> StartAsync(bool secure = false, HttpProtocols protocols = HttpProtocols.Http1AndHttp2)
    {
        RecordingUpstream? upstream = null;
        EphemeralCertificate? certificate = secure ? EphemeralCertificate.Create(IPAddress.Loopback, "upstream") : null;
        WebApplication application = StreamingHost.Build(null, kestrel =>
        {
            kestrel.Limits.MaxRequestHeaderCount = 10_000; // no bound of its own, as Kubernetes
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                if (certificate is null) return;
                listen.UseHttps(certificate.Server, static https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.AllowAnyClientCertificate(); // whose it is, is noted
                });
            });
        });
        application.Run(context => upstream!.AnswerAsync(context));
        upstream = new RecordingUpstream(application, certificate);
        await application.StartAsync(TestContext.Current.CancellationToken);
        upstream.Url = StreamingHost.AddressesOf(application)[0];
        return upstream;
    }

    /// <summary>An endpoint of this server, with a token or a certificate of its own or none.</summary>
    public KubernetesEndpoint Endpoint(string? token = null, X509Certificate2? certificate = null) => new(Url, Handler(certificate))
    {
        Authorize = token is null ? null : (request, _, _) =>
        {
            request.Headers.Authorization = new("Bearer", token);
            return ValueTask.CompletedTask;
        },
    };

    /// <summary>A way to this server, with a certificate or none.</summary>
    public SocketsHttpHandler Handler(X509Certificate2? certificate = null)
    {
        SocketsHttpHandler handler = new() { UseProxy = false, UseCookies = false };
        if (certificate is not null) handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        if (_certificate is null) return handler;
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(_certificate.AuthorityPem);
        return handler;
    }

    /// <summary>Takes an upgrade to a WebSocket and sends back every byte.</summary>
    public static async Task EchoAsync(HttpContext context)
    {
        context.Response.Headers.Upgrade = "websocket";
        if (context.Request.Headers.SecWebSocketKey is [{ } key])
            context.Response.Headers.SecWebSocketAccept = Fairlead.Streaming.WebSockets.WebSocketHandshake.ComputeAccept(key);
        await using Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        byte[] buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, context.RequestAborted) is > 0 and int length)
        {
            await stream.WriteAsync(buffer.AsMemory(0, length), context.RequestAborted);
            await stream.FlushAsync(context.RequestAborted);
        }
    }

    /// <summary>Takes a session by GET, as API servers do, and holds it until its client goes.</summary>
    public static Task TakeGetAsync(HttpContext context)
    {
        context.Response.Headers.SecWebSocketProtocol = RemoteCommandProtocol.V5.Name;
        return EchoAsync(context);
    }

    /// <summary>The same by an extended CONNECT.</summary>
    public static async Task TakeConnectAsync(HttpContext context)
    {
        context.Response.Headers.SecWebSocketProtocol = RemoteCommandProtocol.V5.Name;
        await using Stream stream = await context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
        byte[] buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, context.RequestAborted) is > 0 and int length) await stream.WriteAsync(buffer.AsMemory(0, length), context.RequestAborted);
    }

    public static Task JsonAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(text);
    }

    async Task AnswerAsync(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (BeforeBody is not null) await BeforeBody(context);
        bool isTunnel = context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }; // whose body is the session
        using StreamReader body = new(isTunnel ? Stream.Null : context.Request.Body);
        Dictionary<string, string[]> headers = context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToArray()!, StringComparer.OrdinalIgnoreCase)!;
        Requests.Enqueue(new Seen(context.Connection.Id, context.Request.Protocol, context.Request.Method, target, headers, await body.ReadToEndAsync())
        {
            Certificate = context.Connection.ClientCertificate?.Subject,
        });
        await (target == Reviews ? Review(context) : Other(context));
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _certificate?.Dispose();
    }

    /// <summary>One request; of each header what its lines have, line by line.</summary>
    internal sealed record Seen(string Connection, string Protocol, string Method, string Target, IReadOnlyDictionary<string, string[]> Headers, string Body)
    {
        /// <summary>Whom the certificate names that the connection began with; null for none.</summary>
        public string? Certificate { get; init; }

        /// <summary>The value of a header that stands on one line; null for none.</summary>
        public string? Header(string name) => Lines(name) switch
        {
            [] => null,
            [var value] => value,
            var several => throw new InvalidOperationException($"{name} stands on {several.Length} lines"),
        };

        public string[] Lines(string name) => Headers.GetValueOrDefault(name, []);
    }
}
