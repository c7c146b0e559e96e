using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Fairlead.KubeConfig.Tests;

/// <summary>A server on loopback, of HTTPS where nothing else is asked for, that answers as it is told and remembers what it was asked.</summary>
sealed class TestServer : IAsyncDisposable
{
    readonly WebApplication _app;

    TestServer(WebApplication app) => _app = app;

    public ConcurrentQueue<Seen> Requests { get; } = new();

    /// <summary>What new handshakes show.</summary>
    public required X509Certificate2 Certificate { get; set; }

    public int Port { get; private set; }

    public sealed record Seen(string PathAndQuery, string? Authorization, string? Host, string? ClientName, Dictionary<string, string> Headers)
    {
        public required Dictionary<string, string?[]> Lines { get; init; }
    }

    public static async Task<TestServer> StartAsync(X509Certificate2 certificate, Func<HttpContext, Task>? answer = null, bool secure = true)
    {
        TestServer? server = null;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (!secure) return;
            listen.UseHttps(https =>
            {
                https.ServerCertificateSelector = (_, _) => server!.Certificate;
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();
            });
        }));
        server = new(builder.Build()) { Certificate = certificate };
        server._app.Run(async context =>
        {
            HttpRequest request = context.Request;
            X509Certificate2? client = await context.Connection.GetClientCertificateAsync();
            server.Requests.Enqueue(new Seen(
                request.Path + request.QueryString.Value, request.Headers.Authorization, request.Host.Value, client?.GetNameInfo(X509NameType.SimpleName, false),
                request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)) // the server uses its own anew
            {
                Lines = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToArray(), StringComparer.OrdinalIgnoreCase),
            });
            if (answer is not null) await answer(context);
            else await context.Response.WriteAsync("{}");
        });
        await server._app.StartAsync();
        server.Port = new Uri(server._app.Urls.First()).Port;
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
