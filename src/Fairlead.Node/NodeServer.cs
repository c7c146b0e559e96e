using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Containerd;
using Fairlead.Node.Kubelet;
using Fairlead.Node.Reviews;
using Fairlead.Server;
using Fairlead.Server.Access;
using Fairlead.Server.Checkpoints;
using Fairlead.Server.Hosting;
using Fairlead.Streaming.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node;

/// <summary>
/// The pods of one machine's container runtime, over TLS: as a Kubernetes pods API, so that kubectl and client libraries work, and by the
/// streaming paths of a kubelet, so that an API server does.
/// </summary>
/// <remarks>Whoever is allowed runs commands in every container, which is to be root on the machine. Everybody else gets 403.</remarks>
public sealed partial class NodeServer : IAsyncDisposable
{
    readonly NodeRuntime _runtime;
    readonly ServerTls _tls;
    readonly WatchedFiles<IReadOnlyList<ApiUser>>? _users;
    readonly WebApplication _application;
    readonly IDisposable? _serving;
    readonly NodeMetrics _metrics;
    readonly NodeReadiness _readiness;
    NodeHealth? _health;
    SessionCheckpoints? _checkpoints;
    readonly ILoggerFactory _logging;
    readonly NodeOptions _options;
    readonly CancellationTokenSource _over = new();
    int _disposed;

    NodeServer(
        NodeRuntime runtime, ServerTls tls, WatchedFiles<IReadOnlyList<ApiUser>>? users, WebApplication application, IDisposable? serving,
        NodeMetrics metrics, ILoggerFactory logging, NodeOptions options) =>
        (_runtime, _tls, _users, _application, _serving, _metrics, _logging, _options, _readiness, Url) = (runtime, tls, users, application,
            serving, metrics, logging, options, new(runtime, metrics.Reviewer), StreamingHost.AddressesOf(application)[0]);

    /// <summary>The node's address.</summary>
    public Uri Url { get; }

    /// <summary>Where it tells of its own health; null where that was not asked for.</summary>
    public Uri? HealthUrl => _health?.Url;

    /// <summary>
    /// The sockets that a process which takes over is given, so that every address stays listened on; they stay this server's. None where
    /// it listens at one address of its own.
    /// </summary>
    public IReadOnlyList<Socket> Listening => _options.Addresses?.Listening ?? [];

    /// <summary>The runtime that it serves.</summary>
    /// <exception cref="RuntimeUnavailableException">In front of a kubelet alone: it has not answered yet.</exception>
    public CriRuntime Runtime => _runtime.Present;

    /// <summary>False as long as the runtime has not answered for the first time, which in front of a kubelet keeps only streams
    /// waiting.</summary>
    public bool HasRuntime => _runtime.Connected is not null;

    /// <summary>The certificate to trust, as PEM.</summary>
    public string AuthorityPem => _tls.AuthorityPem ?? _tls.Certificate.ExportCertificatePem();

    /// <summary>Connects to the runtime and serves. Returns when requests are answered.</summary>
    /// <exception cref="IOException">The runtime does not answer, or the address or the port of its health is in use.</exception>
    /// <exception cref="InvalidDataException">A certificate's, key's, authorities' or users' file cannot be read or understood.</exception>
    public static async Task<NodeServer> StartAsync(NodeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ILoggerFactory logging = LoggerFactory.Create(builder =>
        {
            builder.SetMinimumLevel(LogLevel.Trace); // what is told is the provider's choice
            if (options.Logging is not null) builder.AddProvider(options.Logging);
        });
        SessionCheckpoints? checkpoints = null;
        NodeRuntime? runtime = null;
        ServerTls? tls = null;
        WatchedFiles<IReadOnlyList<ApiUser>>? users = null;
        WebApplication? application = null;
        IDisposable? serving = null;
        NodeMetrics metrics = new(options.Runtime.Clock);
        try
        {
            ILogger files = logging.CreateLogger("Fairlead.Files");
            tls = new ServerTls(options.Tls, options.Listen.Address, "fairlead node", options.Runtime.Clock, files);
            users = options.TokenFile is { } path
                ? new("token file", reads => ReadUsers(options, path, reads), static _ => [], options.Runtime.Clock, files)
                : null;
            checkpoints = SavedSessions.Open(options, logging.CreateLogger("Fairlead.Node"));
            options = options with { Runtime = options.Runtime with { Suspended = checkpoints?.Commands ?? [] } };
            runtime = await NodeRuntime.ConnectAsync(options, logging, mayBeAway: options.Kubelet is not null, cancellationToken);
            application = Build(options, tls);
            serving = options.Kubelet is null
                ? ServeRuntime(application, options, tls, users, runtime, checkpoints, metrics, logging)
                : new KubeletFront(application, options, tls, runtime, checkpoints, metrics, logging);
            await application.StartAsync(cancellationToken);
        }
        catch
        {
            if (application is not null) await application.DisposeAsync();
            if (runtime is not null) await runtime.DisposeAsync();
            tls?.Dispose();
            users?.Dispose();
            serving?.Dispose();
            metrics.Dispose();
            logging.Dispose();
            throw;
        }

        NodeServer node = new(runtime, tls, users, application, serving, metrics, logging, options) { _checkpoints = checkpoints };
        try
        {
            if (options.HealthPort is { } port)
                node._health = await NodeHealth.StartAsync(port, node._readiness.WhyNotAsync, options.Logging, cancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>The pods API, and the streaming paths of a kubelet beside it.</summary>
    /// <returns>What asks the cluster; null where nobody is asked.</returns>
    static ClusterReviews? ServeRuntime(
        WebApplication application, NodeOptions options, ServerTls tls, WatchedFiles<IReadOnlyList<ApiUser>>? users, NodeRuntime runtime,
        SessionCheckpoints? checkpoints, NodeMetrics metrics, ILoggerFactory logging)
    {
        ClusterReviews? reviews = options.Reviews is { } cluster
            ? new ClusterReviews(cluster, options.Runtime.Clock, metrics.Reviewer, logging.CreateLogger("Fairlead.Node"))
            : null;
        PodsApiOptions api = new()
        {
            Users = options.Users,
            CurrentUsers = users is null ? null : () => users.Current,
            Authenticate = context => Authenticate(context, tls, options.Allowed),
            Authorize = reviews is null ? null : reviews.MayAsync,
            Limits = options.Limits with { InlineReaders = true }, // what reads here is asynchronous
            Counts = metrics.Sessions,
            Checkpoints = checkpoints,
        };
        application.MapKubeletStreaming(runtime, runtime, api);
        application.MapPodsApi(runtime, runtime, api);
        application.MapMetrics(NodeMetrics.Path, metrics.Text, api);
        return reviews;
    }

    /// <summary>A user who may do everything, with a fresh random token.</summary>
    public static ApiUser CreateAdministrator() => new()
    {
        Name = "admin",
        Token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)),
        Groups = ["system:masters"],
        Rules = [ApiRule.Everything],
    };

    /// <summary>
    /// Writes a kubeconfig (mode 0600) with a context for each user who has a token; the first user's is the current one.
    /// </summary>
    public Task WriteKubeconfigAsync(string path, CancellationToken cancellationToken = default) =>
        OwnerOnlyFile.WriteAsync(path, ServerKubeconfig.Format(Url, AuthorityPem, _users?.Current ?? _options.Users, "fairlead-node"),
            cancellationToken);

    static IReadOnlyList<ApiUser> ReadUsers(NodeOptions options, string path, FileReads reads)
    {
        using StreamReader text = new(new MemoryStream(reads.Read(path)));
        try
        {
            return [.. options.Users, .. StaticTokenFile.Read(text, options.Allowed)];
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    static WebApplication Build(NodeOptions options, ServerTls tls) => StreamingHost.Build(options.Logging, kestrel =>
    {
        PodsApiKestrel.Configure(kestrel);
        if (options.Kubelet is not null) PodsApiKestrel.AllowStreams(kestrel, 1000); // each log that is followed is one
        kestrel.Listen((EndPoint?)options.Addresses ?? options.Listen, listen => listen.UseHttps(tls.Configure));
    }, services =>
    {
        StreamingHost.GoOnInline(services);
        if (options.Kubelet is not null) services.AddHttpForwarder();
    });

    static ApiUser? Authenticate(HttpContext context, ServerTls tls, AllowList allowed) =>
        tls.CertificateOf(context.Connection, out bool believed) is { } certificate && believed
            && CertificateSubject.Read(certificate) is ({ } name, var groups) ? allowed.Judge(name, groups) : null;
}
