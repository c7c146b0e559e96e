namespace Fairlead.KubeConfig.Files;

/// <summary>What a pod finds about its own cluster: the service account that the kubelet mounts into it.</summary>
static class InClusterSettings
{
    /// <returns>Null outside a pod.</returns>
    public static ConnectionSettings? TryRead(KubeConfigOptions options)
    {
        string tokenFile = Path.Combine(options.ServiceAccountDirectory, "token");
        if (options.Environment("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host
            || options.Environment("KUBERNETES_SERVICE_PORT") is not { Length: > 0 } port
            || !File.Exists(tokenFile)) return null;

        string namespaceFile = Path.Combine(options.ServiceAccountDirectory, "namespace");
        string address = host.Contains(':', StringComparison.Ordinal) ? $"https://[{host}]:{port}" : $"https://{host}:{port}";
        ClusterSettings cluster = new()
        {
            Server = address,
            CertificateAuthorityFile = Path.Combine(options.ServiceAccountDirectory, "ca.crt"),
        };
        UserSettings user = options.Token is { } token ? new() { Token = token } : new() { TokenFile = tokenFile };
        return new ConnectionSettings(
            ConnectionSettings.Override(cluster, options),
            user,
            options.Namespace ?? (File.Exists(namespaceFile) ? File.ReadAllText(namespaceFile).Trim() : "default"));
    }
}
