using System.Text.Json.Nodes;

namespace Fairlead.KubeConfig.Files;

/// <summary>A cluster entry; its paths are absolute.</summary>
sealed record ClusterSettings
{
    public string Server { get; init; } = "";

    public string? CertificateAuthorityFile { get; init; }

    /// <summary>PEM.</summary>
    public byte[]? CertificateAuthorityData { get; init; }

    public string? TlsServerName { get; init; }

    public bool SkipTlsVerify { get; init; }

    public string? ProxyUrl { get; init; }

    /// <summary>For plugins: we ask for no compression ourselves.</summary>
    public bool DisableCompression { get; init; }

    /// <summary>What the entry's extension <c>client.authentication.k8s.io/exec</c> holds for plugins.</summary>
    public JsonNode? PluginConfiguration { get; init; }

    /// <summary>Refuses what kubectl refuses: an entry that says two things of which one can hold.</summary>
    /// <exception cref="KubeConfigException">It is such an entry.</exception>
    public void RequireNoContradiction(string? name)
    {
        if (CertificateAuthorityData is not null && CertificateAuthorityFile is not null)
        {
            throw new KubeConfigException(
                $"the cluster \"{name}\" of the kubeconfig has certificate-authority and certificate-authority-data: "
                + "leave one of them out");
        }
    }

    /// <summary>
    /// The address as a URI. Without a scheme it is https where anything about TLS is said, which kubectl takes for http and fails.
    /// </summary>
    public Uri ServerAddress()
    {
        bool tls = CertificateAuthorityFile is not null || CertificateAuthorityData is not null || SkipTlsVerify
            || TlsServerName is not null;
        string text = Server.Contains("://", StringComparison.Ordinal) ? Server : (tls ? "https://" : "http://") + Server;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
                && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
                && uri.UserInfo.Length == 0
            ? uri
            : throw new KubeConfigException("the server's address in the kubeconfig is not an http or https URL without a user");
    }
}
