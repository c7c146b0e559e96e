using Fairlead.KubeConfig;
using Fairlead.KubeConfig.Files;
using Fairlead.Streaming.Tls;

namespace Fairlead;

/// <summary>Makes an endpoint of what a kubeconfig says: address, trust, proxy and credentials.</summary>
public static class KubeConfigEndpoint
{
    /// <summary>Reads the kubeconfig. Connects to nothing and starts no plugin; that happens with the first request.</summary>
    /// <returns>
    /// The endpoint, which the caller owns. As long as it lives, certificates, keys, authorities and credentials are taken anew when their
    /// files, or the kubeconfig, change on disk; context and address stay what they are.
    /// </returns>
    /// <exception cref="KubeConfigException">A file, context, cluster, user, certificate or proxy is missing or unusable.</exception>
    public static KubernetesEndpoint Load(KubeConfigOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        KubernetesEndpoint? endpoint = null;
        ConnectionSettings? first = null;
        WatchedFiles<KubeConfigConnection> connection = new(
            Describe(options), Read, static connection =>
                connection.Certificates, options.Time, options.Logging.CreateLogger("Fairlead.Files"))
        {
            Taken = renewed => endpoint!.Replace(renewed.Handler),
        };
        return endpoint = new KubernetesEndpoint(first!.Cluster.ServerAddress(), connection.Current.Handler)
        {
            DefaultNamespace = first.Namespace,
            RequestTimeout = options.RequestTimeout,
            Authorize = connection.Current.Authorization is null && (options.Anonymous || !IsSecure(first))
                ? null // a refusal is then final, and not asked for a second time
                : (request, renew, end) => connection.Current.Authorization?.ApplyAsync(request, renew, end) ?? ValueTask.CompletedTask,
            Renewal = connection,
            Logging = options.Logging,
        };

        KubeConfigConnection Read(FileReads reads)
        {
            // Somebody may pick another context, for other programs.
            KubeConfigOptions now = options with { Reads = reads, Context = first?.Context ?? options.Context };
            ConnectionSettings settings = ConnectionSettings.Resolve(now);
            if (first is not null && settings.Cluster.ServerAddress() != first.Cluster.ServerAddress())
                throw new KubeConfigException($"the server is another now, {settings.Cluster.Server}: that takes a restart");

            // A plugin says itself when its credentials end, and may ask people: not again because somebody wrote to the kubeconfig.
            if (settings.User.Plugin is not null || !IsSecure(settings)) reads.Forget();
            KubeConfigConnection made = KubeConfigConnection.Create(settings, now, renewed: first is not null);
            if (first is null) ConnectionLog.Tell(options.Logging.CreateLogger(Log.Category), settings, made);
            first ??= settings;
            return made;
        }
    }

    static bool IsSecure(ConnectionSettings settings) => settings.Cluster.ServerAddress().Scheme == Uri.UriSchemeHttps;

    static string Describe(KubeConfigOptions options) =>
        options.Path is { } path ? $"kubeconfig {path}"
        : options.Server is { } server ? $"what {server} is reached by"
        : "kubeconfig or service account";
}
