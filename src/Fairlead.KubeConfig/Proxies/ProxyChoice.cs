using Fairlead.KubeConfig.Files;

namespace Fairlead.KubeConfig.Proxies;

/// <summary>Which proxy leads to a server: the cluster's own, else the environment's, else none.</summary>
static class ProxyChoice
{
    public static void Configure(SocketsHttpHandler handler, ClusterSettings cluster, Uri server, Func<string, string?> environment)
    {
        FixedProxy? proxy = cluster.ProxyUrl is { } url
            ? FixedProxy.Parse(url, "proxy-url of the kubeconfig")
            : FromEnvironment(server, environment);
        if (proxy is null) return;
        handler.UseProxy = true;
        handler.Proxy = proxy;
        handler.Properties[KubernetesEndpoint.ProxySource] = proxy.Source;
    }

    static FixedProxy? FromEnvironment(Uri server, Func<string, string?> environment)
    {
        string name = server.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY";
        if (Either(name, environment) is not var (variable, url)) return null;
        NoProxyRules exceptions = NoProxyRules.Parse(Either("NO_PROXY", environment)?.Value ?? "");
        return exceptions.Covers(server) ? null : FixedProxy.Parse(url, variable);
    }

    /// <summary>The upper-case spelling wins over the lower-case one, as with Go programs.</summary>
    static (string Name, string Value)? Either(string name, Func<string, string?> environment)
    {
#pragma warning disable CA1308 // the variables' names are lower case
        string lower = name.ToLowerInvariant();
#pragma warning restore CA1308
        return environment(name) is { Length: > 0 } upper ? (name, upper) : environment(lower) is { Length: > 0 } value
            ? (lower, value)
            : null;
    }
}
