using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace LabUsers;

/// <summary>Asks for a certificate, remembers whose it was, and refuses everything.</summary>
sealed class CertificateServer : IAsyncDisposable
{
    readonly WebApplication _application;
    readonly X509Certificate2 _certificate = Create("CN=127.0.0.1");

    CertificateServer()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = _certificate;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.AllowAnyClientCertificate();
        })));
        _application = builder.Build();
        _application.Run(context =>
        {
            Seen = context.Connection.ClientCertificate?.Subject;
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        });
    }

    internal string? Seen { get; private set; }

    internal string Url => _application.Urls.Single();

    internal static async Task<CertificateServer> StartAsync()
    {
        CertificateServer server = new();
        await server._application.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    internal static X509Certificate2 Create(string subject)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 made = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _certificate.Dispose();
    }
}
