using System.Security.Cryptography.X509Certificates;
using Fairlead.KubeConfig.Credentials;
using Fairlead.KubeConfig.Files;
using Fairlead.KubeConfig.Proxies;
using Fairlead.KubeConfig.Trust;

namespace Fairlead.KubeConfig;

/// <summary>What a kubeconfig and the files that it names say at one moment, as what requests are sent by.</summary>
/// <param name="handler">TLS and proxy; the endpoint's to dispose.</param>
/// <param name="authorization">What is added to each request; null for nothing.</param>
sealed class KubeConfigConnection(SocketsHttpHandler handler, RequestAuthorization? authorization)
{
    /// <summary>As kubectl: how long a connection may take to come about.</summary>
    static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(30);

    public SocketsHttpHandler Handler => handler;

    public RequestAuthorization? Authorization => authorization;

    /// <summary>The client's own certificate, and the authorities that a server is believed by.</summary>
    public IEnumerable<X509Certificate2> Certificates =>
    [
        .. Handler.SslOptions.ClientCertificateContext is { } own ? new[] { own.TargetCertificate } : [],
        .. Handler.SslOptions.CertificateChainPolicy?.CustomTrustStore ?? [],
    ];

    /// <param name="settings">What it says.</param>
    /// <param name="options">By what it is read.</param>
    /// <param name="renewed">True where connections were made before, by other certificates or another authority.</param>
    /// <exception cref="KubeConfigException">A certificate or proxy is missing or unusable.</exception>
    public static KubeConfigConnection Create(ConnectionSettings settings, KubeConfigOptions options, bool renewed)
    {
        Uri server = settings.Cluster.ServerAddress();
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
            if (server.Scheme == Uri.UriSchemeHttps) ServerTrust.Configure(handler.SslOptions, settings.Cluster, options.Reads);
            RequestAuthorization? authorization = RequestAuthorization.Create(settings, handler, options);
            if (renewed) handler.SslOptions.AllowTlsResume = false; // a resumed session shows the certificates of before, of either side
            options.Configure?.Invoke(handler);
            return new KubeConfigConnection(handler, authorization);
        }
        catch
        {
            handler.Dispose();
            throw;
        }
    }
}
