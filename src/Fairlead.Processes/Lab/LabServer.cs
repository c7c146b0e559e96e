using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Fairlead.Server;
using Fairlead.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

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
    readonly EphemeralCertificate _certificate;
    readonly WebApplication _application;
    int _disposed;

    LabServer(ProcessRuntime runtime, EphemeralCertificate certificate, WebApplication application, IReadOnlyList<ApiUser> users, Uri url) =>
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
        EphemeralCertificate certificate = EphemeralCertificate.Create(options.Listen.Address, "fairlead lab");
        ProcessRuntime? runtime = null;
        WebApplication? application = null;
        try
        {
            runtime = ProcessRuntime.Start(options.Pods ?? DemoPods.Create(), options.Runtime);
            application = StreamingHost.Build(options.Logging, kestrel =>
            {
                PodsApiKestrel.Configure(kestrel);
                kestrel.Listen(options.Listen, listen => listen.UseHttps(certificate.Server));
            }, StreamingHost.GoOnInline, static (category, _) => category?.StartsWith("Fairlead.", StringComparison.Ordinal) == true); // the framework's own categories show queries
            application.MapPodsApi(runtime, runtime, new PodsApiOptions { Users = users, Protocols = options.Protocols, SpdyProtocols = options.SpdyProtocols, PortForwardProtocols = options.PortForwardProtocols, Limits = options.Limits with { InlineReaders = true } }); // what reads here is asynchronous
            await application.StartAsync(cancellationToken);
            return new LabServer(runtime, certificate, application, users, StreamingHost.AddressesOf(application)[0]);
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
        OwnerOnlyFile.WriteAsync(path, LabKubeconfig.Format(Url, AuthorityPem, Users), cancellationToken);

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
}
