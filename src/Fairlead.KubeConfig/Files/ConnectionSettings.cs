namespace Fairlead.KubeConfig.Files;

/// <summary>One cluster, one user, one namespace: what is left when context and overrides have been applied.</summary>
sealed record ConnectionSettings(ClusterSettings Cluster, UserSettings User, string Namespace)
{
    /// <summary>The context that was picked; null where there is none.</summary>
    public string? Context { get; private init; }

    /// <summary>The files that were read, in the order that decides.</summary>
    public IReadOnlyList<string> Sources { get; private init; } = [];

    /// <exception cref="KubeConfigException">Something named is not there, or nothing says which server.</exception>
    public static ConnectionSettings Resolve(KubeConfigOptions options)
    {
        if (options is { Anonymous: true, Server: not null })
            return new ConnectionSettings(Override(new ClusterSettings(), options), new UserSettings(), options.Namespace ?? "default");

        MergedKubeConfig config = MergedKubeConfig.Load(options);
        if (config.IsAbsent && options.Server is null)
        {
            return InClusterSettings.TryRead(options)
                ?? throw new KubeConfigException(
                    $"no kubeconfig was found (looked at " +
                    $"{string.Join(", ", config.Sources.DefaultIfEmpty("nothing: HOME is not set"))}) and this is not a pod: "
                    + "name one with --kubeconfig or KUBECONFIG");
        }

        ContextSettings? context = FindContext(config, options);
        ClusterSettings cluster = Find(config.Clusters, options.Cluster ?? context?.Cluster, "cluster") ?? new ClusterSettings();
        UserSettings user = Find(config.Users, options.User ?? context?.User, "user") ?? new UserSettings();
        cluster = Override(cluster, options);
        if (cluster.Server.Length == 0)
        {
            throw new KubeConfigException(context is null
                ? "the kubeconfig has no current context: name one with --context" + Known(config.Contexts.Keys, "contexts")
                : $"the cluster \"{options.Cluster ?? context.Cluster}\" of the kubeconfig has no server");
        }

        if (options.Anonymous) user = new UserSettings();
        user = user.Override(options);
        user.RequireNoContradiction(options.User ?? context?.User);
        cluster.RequireNoContradiction(options.Cluster ?? context?.Cluster);
        if (user.Impersonation is { User: "" })
            throw new KubeConfigException(
                $"the user \"{options.User ?? context?.User}\" has as-uid, as-groups or as-user-extra without \"as\", which says " +
                "whom to act as");
        return new ConnectionSettings(
            cluster, user, options.Namespace ?? context?.Namespace ?? "default")
        {
            Context = options.Context ?? config.CurrentContext,
            Sources = config.IsAbsent ? [] : config.Sources
        };
    }

    static ContextSettings? FindContext(MergedKubeConfig config, KubeConfigOptions options)
    {
        string? name = options.Context ?? config.CurrentContext;
        if (name is null) return null;
        if (config.Contexts.TryGetValue(name, out ContextSettings? context)) return context;
        throw new KubeConfigException(
            $"context \"{name}\" does not exist in {string.Join(", ", config.Sources)}" + Known(config.Contexts.Keys, "contexts"));
    }

    static T? Find<T>(Dictionary<string, T> entries, string? name, string what) where T : class
    {
        if (string.IsNullOrEmpty(name)) return null;
        return entries.TryGetValue(name, out T? entry)
            ? entry
            : throw new KubeConfigException($"{what} \"{name}\" does not exist in the kubeconfig" + Known(entries.Keys, what + "s"));
    }

    internal static ClusterSettings Override(ClusterSettings cluster, KubeConfigOptions options)
    {
        if (options.Server is { } server) cluster = cluster with { Server = server };
        if (options.TlsServerName is { } name) cluster = cluster with { TlsServerName = name };
        if (options.CertificateAuthority is { } file)
            cluster = cluster with { CertificateAuthorityFile = Path.GetFullPath(file), CertificateAuthorityData = null };
        if (options.InsecureSkipTlsVerify)
            cluster = cluster with { SkipTlsVerify = true, CertificateAuthorityFile = null, CertificateAuthorityData = null };
        return cluster;
    }

    static string Known(IReadOnlyCollection<string> names, string what) =>
        names.Count == 0 ? $" (there are no {what})" : $" ({what}: {string.Join(", ", names.Order(StringComparer.Ordinal))})";
}
