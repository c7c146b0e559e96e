using Fairlead.Client;
using Fairlead.KubeConfig.Credentials;
using Fairlead.KubeConfig.Files;
using Fairlead.KubeConfig.Proxies;
using Fairlead.KubeConfig.Trust;

namespace Fairlead.KubeConfig;

/// <summary>Makes an endpoint of what a kubeconfig says: address, trust, proxy and credentials.</summary>
public static class KubeConfigEndpoint
{
    /// <summary>As kubectl: how long a connection may take to come about.</summary>
    static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Reads the kubeconfig. Connects to nothing and starts no plugin; that happens with the first request.</summary>
    /// <returns>The endpoint, which the caller owns.</returns>
    /// <exception cref="KubeConfigException">A file, context, cluster, user, certificate or proxy is missing or unusable.</exception>
    public static KubernetesEndpoint Load(KubeConfigOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ConnectionSettings settings = ConnectionSettings.Resolve(options);
        Uri server = settings.Cluster.ServerAddress();
        bool secure = server.Scheme == Uri.UriSchemeHttps;

        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false, // a redirect would carry the credentials to wherever it points
            UseCookies = false,
            ConnectTimeout = _connectTimeout,
            UseProxy = false,
        };
        try
        {
            ProxyChoice.Configure(handler, settings.Cluster, server, options.Environment);
            if (secure) ServerTrust.Configure(handler.SslOptions, settings.Cluster);

            // As kubectl: credentials never travel in the clear.
            RequestAuthorization? authorization = secure ? RequestAuthorization.Create(settings, handler, options) : null;
            return new KubernetesEndpoint(server, handler)
            {
                DefaultNamespace = settings.Namespace,
                Authorize = authorization is null ? null : authorization.ApplyAsync,
            };
        }
        catch
        {
            handler.Dispose();
            throw;
        }
    }
}
