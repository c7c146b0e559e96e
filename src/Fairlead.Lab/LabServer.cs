using System.Buffers.Text;
using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Server.Hosting;
using Fairlead.Streaming.Tls;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Lab;

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
    readonly Func<IReadOnlyList<ApiUser>> _users;
    readonly WatchedFiles<IReadOnlyList<ApiUser>>? _file;
    readonly StrongBox<AcceptedForms> _forms;
    int _disposed;

    LabServer(
        ProcessRuntime runtime, EphemeralCertificate certificate, WebApplication application, Func<IReadOnlyList<ApiUser>> users,
        WatchedFiles<IReadOnlyList<ApiUser>>? file, StrongBox<AcceptedForms> forms, Uri url) =>
        (_runtime, _certificate, _application, _users, _file, _forms, Url) = (runtime, certificate, application, users, file, forms, url);

    /// <summary>The API's address.</summary>
    public Uri Url { get; }

    /// <summary>The certificate to trust, as PEM.</summary>
    public string AuthorityPem => _certificate.AuthorityPem;

    /// <summary>Who may use it. Holds their tokens.</summary>
    public IReadOnlyList<ApiUser> Users => _users();

    /// <summary>The runtime logs where the lab does, where it has no log of its own.</summary>
    static ProcessRuntimeOptions LoggedRuntime(LabOptions options) =>
        options is { Logging: { } logging, Runtime.Logger: NullLogger }
            ? options.Runtime with { Logger = logging.CreateLogger("Fairlead.Lab") }
            : options.Runtime;

    /// <summary>Starts the pods and serves. Returns when requests are answered.</summary>
    /// <exception cref="InvalidOperationException">The address is not a loopback one, and <see cref="LabOptions.AllowRemote"/> is
    /// off.</exception>
    /// <exception cref="IOException">The address is in use.</exception>
    /// <exception cref="InvalidDataException">The users' file cannot be read or understood.</exception>
    public static async Task<LabServer> StartAsync(LabOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!options.AllowRemote && !IPAddress.IsLoopback(options.Listen.Address))
            throw new InvalidOperationException(
                $"{options.Listen.Address} is reachable from other machines, and whoever has a token runs commands here as you.");

        IReadOnlyList<ApiUser> known = options.Users ?? [Administrator()];
        if (known.Count == 0) throw new ArgumentException("A lab without users answers nobody.", nameof(options));
        WatchedFiles<IReadOnlyList<ApiUser>>? file = options.UsersFile is { } path
            ? new("users", reads => LabUsers.Read(path, reads), static _ => [], options.Clock,
                options.Logging?.CreateLogger("Fairlead.Files") ?? NullLogger.Instance)
            : null;
        Func<IReadOnlyList<ApiUser>> users = file is null ? () => known : () => file.Current;
        EphemeralCertificate certificate = EphemeralCertificate.Create(options.Listen.Address, "fairlead lab");
        StrongBox<AcceptedForms> forms = new(new AcceptedForms(options.Protocols, options.PortForwardProtocols));
        ProcessRuntime? runtime = null;
        WebApplication? application = null;
        try
        {
            runtime = ProcessRuntime.Start(options.Pods ?? DemoPods.Create(), LoggedRuntime(options), options.Clock);
            application = StreamingHost.Build(options.Logging, kestrel =>
            {
                PodsApiKestrel.Configure(kestrel);
                kestrel.Listen(options.Listen, listen => listen.UseHttps(certificate.Server));
            }, StreamingHost.GoOnInline);
            // what reads here is asynchronous
            application.MapPodsApi(runtime, runtime,
                new PodsApiOptions
                {
                    Users = users(),
                    CurrentUsers = users,
                    CurrentForms = () => forms.Value!,
                    Limits = options.Limits with { InlineReaders = true },
                    Keep = options.Keep,
                });
            await application.StartAsync(cancellationToken);
            return new LabServer(runtime, certificate, application, users, file, forms, StreamingHost.AddressesOf(application)[0]);
        }
        catch
        {
            if (application is not null) await application.DisposeAsync();
            if (runtime is not null) await runtime.DisposeAsync();
            certificate.Dispose();
            file?.Dispose();
            throw;
        }
    }

    /// <summary>Writes a kubeconfig (mode 0600) with a context for each user; the first user's is the current one.</summary>
    public Task WriteKubeconfigAsync(string path, CancellationToken cancellationToken = default) =>
        WriteKubeconfigAsync(path, Url, cancellationToken);

    /// <summary>The same with another address, of what stands before the lab.</summary>
    public Task WriteKubeconfigAsync(string path, Uri url, CancellationToken cancellationToken = default) =>
        OwnerOnlyFile.WriteAsync(path, ServerKubeconfig.Format(url, AuthorityPem, Users), cancellationToken);

    /// <summary>Accepts other forms from the next session on.</summary>
    /// <param name="commands">Of exec and attach; null to leave them.</param>
    /// <param name="forwards">Of port-forward; null to leave them.</param>
    public void Speak(ImmutableArray<RemoteCommandProtocol>? commands, ImmutableArray<PortForwardProtocol>? forwards) =>
        _forms.Value = new AcceptedForms(commands ?? _forms.Value!.Commands, forwards ?? _forms.Value!.Forwards);

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
        _file?.Dispose();
    }
}
