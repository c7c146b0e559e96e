using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Fairlead.Testing.Containerd;

/// <summary>
/// A kubelet as far as who stands in front of it sees one: TLS, a client certificate that counts before a token, its words for who may not,
/// and its paths, which answer as the test says.
/// </summary>
public sealed class ScriptedKubelet : IAsyncDisposable
{
    WebApplication _application = null!;

    /// <summary>What it shows; may be another from one handshake to the next.</summary>
    public required SslStreamCertificateContext Identity { get; set; }

    /// <summary>Whose client certificates it takes.</summary>
    public required X509Certificate2Collection ClientAuthorities { get; set; }

    /// <summary>Users by token.</summary>
    public ConcurrentDictionary<string, string> Tokens { get; } = new();

    /// <summary>Who may: by user, <c>system:anonymous</c> among them, and path.</summary>
    public Func<string, string, bool> Allows { get; set; } = static (user, _) => user != "system:anonymous";

    /// <summary>Answers by the first word of a path; others are 404.</summary>
    public ConcurrentDictionary<string, RequestDelegate> Paths { get; } = new()
    {
        ["healthz"] = static context => context.Response.WriteAsync("ok"),
        ["pods"] = static context => context.Response.WriteAsync("""{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}"""),
    };

    /// <summary>What came, in order.</summary>
    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    /// <summary>Its port, from its first start on the same.</summary>
    public int Port { get; private set; }

    public Uri Url => new($"https://127.0.0.1:{Port}");

    /// <summary>Serves from now on; again after <see cref="StopAsync"/>.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _application = StreamingHost.Build(null, kestrel =>
        {
            kestrel.Limits.Http2.MaxStreamsPerConnection = 250; // Go's
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, Port, listen => listen.UseHttps(https =>
            {
                https.ServerCertificate = Identity.TargetCertificate;
                https.OnAuthenticate = (_, tls) => tls.ServerCertificateContext = Identity;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = static (_, _, _) => true; // asked for, and judged at each request
            }));
            kestrel.ConfigureEndpointDefaults(static listen => listen.Protocols = HttpProtocols.Http1AndHttp2);
        });
        _application.Run(AnswerAsync);
        await _application.StartAsync(cancellationToken);
        Port = StreamingHost.AddressesOf(_application)[0].Port;
    }

    public async Task StopAsync()
    {
        using CancellationTokenSource now = new();
        await now.CancelAsync();
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }

    async Task AnswerAsync(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        string path = context.Request.Path.Value ?? "/";
        string? user = UserOf(context);
        Requests.Enqueue(new SeenRequest(
            context.Request.Protocol, context.Request.Method, target, user ?? "", context.Connection.Id, context.Connection.ClientCertificate is not null,
            context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        if (user is null) await RefuseAsync(context, 401, "Unauthorized");
        else if (!Allows(user, path)) await RefuseAsync(context, 403, $"Forbidden (user={user}, verb=get, resource=nodes, subresource(s)=[proxy])\n");
        else if (Paths.TryGetValue(path.Split('/')[1], out RequestDelegate? answer)) await answer(context);
        else await RefuseAsync(context, 404, "404 page not found\n");
    }

    /// <summary>As a kubelet authenticates: a valid certificate, else a token, else nobody in particular.</summary>
    string? UserOf(HttpContext context)
    {
        if (context.Connection.ClientCertificate is { } certificate && IsVouchedFor(certificate)) return certificate.GetNameInfo(X509NameType.SimpleName, false);
        string authorization = context.Request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal)) return "system:anonymous";
        return Tokens.GetValueOrDefault(authorization["Bearer ".Length..]);
    }

    bool IsVouchedFor(X509Certificate2 certificate)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(ClientAuthorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    static Task RefuseAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text);
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
