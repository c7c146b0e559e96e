using Fairlead.KubeConfig.Targets;
using Fairlead.KubernetesClient;
using k8s;

namespace Fairlead;

/// <summary>Streaming clients of what a program has of KubernetesClient.</summary>
public static class KubernetesStreaming
{
    /// <summary>
    /// A client of the same server, which sends by the same <see cref="HttpClient"/>: with its certificates and handlers, and with its
    /// credentials as they are at each request, so that tokens are refreshed and plugins asked as for any other request.
    /// </summary>
    /// <param name="kubernetes">What the program has. It stays the caller's, and has to live as long as the client.</param>
    /// <param name="namespace">The namespace of pods that name none. A <c>Kubernetes</c> does not know its context's.</param>
    /// <returns>The client, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">It is none of KubernetesClient's own, so that nobody knows how it sends.</exception>
    /// <remarks>
    /// A name of its own that TLS checks (<c>tls-server-name</c>) a <c>Kubernetes</c> does not tell: make the client of its
    /// <see cref="KubernetesClientConfiguration"/> then.
    /// </remarks>
    public static StreamingClient Streaming(this IKubernetes kubernetes, string @namespace = "default")
    {
        ArgumentNullException.ThrowIfNull(kubernetes);
        ArgumentException.ThrowIfNullOrEmpty(@namespace);
        return kubernetes is Kubernetes own
            ? Create(own, owned: null, @namespace, tlsServerName: null)
            : throw new ArgumentException(
                $"A streaming client is made of k8s.Kubernetes or of its configuration, and not of {kubernetes.GetType()}.",
                nameof(kubernetes));
    }

    /// <summary>
    /// A client of the server that a configuration names, with its certificates and credentials. Tokens are refreshed, and plugins asked,
    /// as KubernetesClient does it. Pods that name no namespace are in the configuration's.
    /// </summary>
    /// <param name="configuration">The configuration, which is read now.</param>
    /// <returns>The client, which the caller disposes.</returns>
    /// <exception cref="k8s.Exceptions.KubeConfigException">KubernetesClient cannot use the configuration.</exception>
    public static StreamingClient Streaming(this KubernetesClientConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Kubernetes own = new(configuration);
        string space = string.IsNullOrEmpty(configuration.Namespace) ? "default" : configuration.Namespace;
        return Create(own, own, space, configuration.TlsServerName);
    }

    static StreamingClient Create(Kubernetes kubernetes, IDisposable? owned, string space, string? tlsServerName)
    {
        KubernetesAuthorization authorization = new(kubernetes.Credentials, tlsServerName);
        KubernetesEndpoint endpoint = new(kubernetes.BaseUri, new SharedHttp(kubernetes.HttpClient))
        {
            DefaultNamespace = space,
            Authorize = authorization.IsNeeded ? authorization.ApplyAsync : null,
            Renewal = owned,
        };
        return new StreamingClient(endpoint) { Finder = new TargetResolver(endpoint) };
    }
}
