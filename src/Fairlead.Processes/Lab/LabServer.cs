using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fairlead.Processes.Lab;

/// <summary>
/// A Kubernetes pods API on this machine, over TLS, whose containers are local processes: kubectl and client libraries work against
/// it, and no cluster is needed.
/// </summary>
/// <remarks>Whoever has one of its tokens runs commands as the user who runs the lab. Disposing ends every process it started.</remarks>
/// <example>
/// <code>
/// await using LabServer lab = await LabServer.StartAsync(new LabOptions());
/// await lab.WriteKubeconfigAsync("lab.kubeconfig");
/// </code>
/// </example>
public sealed class LabServer : IAsyncDisposable
{
    readonly ProcessRuntime _runtime;
    readonly LabCertificate _certificate;
    readonly WebApplication _application;
    int _disposed;

    LabServer(ProcessRuntime runtime, LabCertificate certificate, WebApplication application, IReadOnlyList<ApiUser> users, Uri url) =>
        (_runtime, _certificate, _application, Users, Url) = (runtime, certificate, application, users, url);

    /// <summary>The API's address.</summary>
    public Uri Url { get; }

    /// <summary>The certificate to trust, as PEM.</summary>
    public string AuthorityPem => _certificate.AuthorityPem;

    /// <summary>Who may use it. Holds their tokens.</summary>
    public IReadOnlyList<ApiUser> Users { get; }

    /// <summary>Starts the pods and serves. Returns when requests are answered.</summary>
    /// <exception cref="InvalidOperationException">The address is not a loopback one, and <see cref="LabOptions.AllowRemote"/> is off.</exception>
    /// <exception cref="IOException">The address is in use.</exception>
    public static async Task<LabServer> StartAsync(LabOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.AllowRemote && !IPAddress.IsLoopback(options.Listen.Address))
            throw new InvalidOperationException($"{options.Listen.Address} is reachable from other machines, and whoever has a token runs commands here as you.");

        IReadOnlyList<ApiUser> users = options.Users ?? [Administrator()];
        if (users.Count == 0) throw new ArgumentException("A lab without users answers nobody.", nameof(options));
        LabCertificate certificate = LabCertificate.Create(options.Listen.Address);
        ProcessRuntime? runtime = null;
        WebApplication? application = null;
        try
        {
            runtime = ProcessRuntime.Start(options.Pods ?? DemoPods.Create(), options.Runtime);
            application = Build(options, certificate);
            application.MapPodsApi(runtime, runtime, new PodsApiOptions { Users = users, Protocols = options.Protocols, SpdyProtocols = options.SpdyProtocols, Limits = options.Limits });
            await application.StartAsync(cancellationToken);
            return new LabServer(runtime, certificate, application, users, Address(application));
        }
        catch
        {
            if (application is not null) await application.DisposeAsync();
            if (runtime is not null) await runtime.DisposeAsync();
            certificate.Dispose();
            throw;
        }
    }

    /// <summary>Writes a kubeconfig (mode 0600) with a context for each user; the first user's is the current one.</summary>
    public Task WriteKubeconfigAsync(string path, CancellationToken cancellationToken = default) =>
        LabKubeconfig.WriteAsync(path, LabKubeconfig.Format(Url, AuthorityPem, Users), cancellationToken);

    static WebApplication Build(LabOptions options, LabCertificate certificate)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        if (options.Logging is { } provider) builder.Logging.AddProvider(provider);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>(); // signals are the caller's business, not a library's
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            PodsApiKestrel.Configure(kestrel);
            kestrel.Listen(options.Listen, listen => listen.UseHttps(certificate.Server));
        });
        return builder.Build();
    }

    static Uri Address(WebApplication application)
    {
        Uri bound = new(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        bool any = IPAddress.TryParse(bound.Host.Trim('[', ']'), out IPAddress? ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));
        return any ? new UriBuilder(bound) { Host = ip!.AddressFamily == AddressFamily.InterNetworkV6 ? "[::1]" : "127.0.0.1" }.Uri : bound;
    }

    static ApiUser Administrator() => new()
    {
        Name = "admin",
        Token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)),
        Groups = ["system:masters"],
        Rules = [new ApiRule { Verbs = [ApiRule.All], Resources = [ApiRule.All] }],
    };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _application.StopAsync();
        await _application.DisposeAsync();
        await _runtime.DisposeAsync();
        _certificate.Dispose();
    }

    sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
