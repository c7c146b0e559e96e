namespace Fairlead.KubeConfig.Files;

/// <summary>All kubeconfig files as one: the first file that names something decides about it, as kubectl merges.</summary>
sealed class MergedKubeConfig
{
    MergedKubeConfig(IReadOnlyList<string> sources) => Sources = sources;

    /// <summary>Where was looked, for error messages.</summary>
    public IReadOnlyList<string> Sources { get; }

    /// <summary>True when no file was there at all.</summary>
    public bool IsAbsent { get; private set; } = true;

    public string? CurrentContext { get; private set; }

    public Dictionary<string, ContextSettings> Contexts { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, ClusterSettings> Clusters { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, UserSettings> Users { get; } = new(StringComparer.Ordinal);

    /// <exception cref="KubeConfigException">A file that was asked for by name is missing, or a file is unusable.</exception>
    public static MergedKubeConfig Load(KubeConfigOptions options)
    {
        if (options.Path is { } only)
        {
            RequireNoFolder(options.Locate(only));
            if (!File.Exists(options.Locate(only))) throw new KubeConfigException($"the kubeconfig {only} does not exist");
            MergedKubeConfig single = new([only]);
            single.Add(KubeConfigFile.Load(only, options));
            return single;
        }

        MergedKubeConfig merged = new(DefaultPaths(options.Environment));
        foreach (string path in merged.Sources)
        {
            RequireNoFolder(path);
            // a missing one of several is not an error to kubectl either
            if (File.Exists(path)) merged.Add(KubeConfigFile.Load(path, options));
        }

        return merged;
    }

    static void RequireNoFolder(string path)
    {
        if (!Directory.Exists(path)) return;
        string inside = Path.Combine(path, "config");
        throw new KubeConfigException($"the kubeconfig {path} is a folder: name a file" + (File.Exists(inside) ? $", as {inside}" : ""));
    }

    static IReadOnlyList<string> DefaultPaths(Func<string, string?> environment)
    {
        if (environment("KUBECONFIG") is { Length: > 0 } list)
            return [.. list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(Unquote)
                .Distinct(StringComparer.Ordinal)];
        return environment(OperatingSystem.IsWindows() ? "USERPROFILE" : "HOME") is { Length: > 0 } home
            ? [Path.Combine(home, ".kube", "config")]
            : [];
    }

    static string Unquote(string path) => OperatingSystem.IsWindows() ? path.Trim('"') : path;

    void Add(KubeConfigFile file)
    {
        IsAbsent = false;
        CurrentContext ??= file.CurrentContext;
        foreach ((string name, ContextSettings context) in file.Contexts) Contexts.TryAdd(name, context);
        foreach ((string name, ClusterSettings cluster) in file.Clusters) Clusters.TryAdd(name, cluster);
        foreach ((string name, UserSettings user) in file.Users) Users.TryAdd(name, user);
    }
}
