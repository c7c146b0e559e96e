using Fairlead.KubeConfig.Files;
using Microsoft.Extensions.Logging;

namespace Fairlead.KubeConfig;

/// <summary>Tells the log what a kubeconfig led to. Of credentials their kind alone, of addresses what no password stands in.</summary>
static class ConnectionLog
{
    const UriComponents Shown = UriComponents.SchemeAndServer | UriComponents.Path;

    internal static void Tell(ILogger logger, ConnectionSettings settings, KubeConfigConnection made)
    {
        if (!logger.IsEnabled(LogLevel.Debug)) return;
        Uri server = settings.Cluster.ServerAddress();
        string files = settings.Sources.Count > 0 ? string.Join(", ", settings.Sources) : "(none was needed)";
        Log.Read(logger, files, settings.Context ?? "(none)", settings.Namespace, server.GetComponents(Shown, UriFormat.UriEscaped));
        string proxy = made.Handler.UseProxy && made.Handler.Proxy?.GetProxy(server) is { } address
            ? "the proxy " + address.GetComponents(Shown, UriFormat.UriEscaped)
            : "no proxy";
        Log.Connection(logger, Credentials(settings.User, server), Trust(settings.Cluster, server), proxy);
    }

    static string Credentials(UserSettings user, Uri server)
    {
        if (server.Scheme != Uri.UriSchemeHttps) return "nothing, because the connection is not encrypted";
        bool hasCertificate = user.ClientCertificateFile is not null || user.ClientCertificateData is not null;
        string kind = user switch
        {
            { TokenFile: not null } => "a token from a file",
            { Token: not null } => "a token",
            { UserName: not null } => "a user name and password",
            { Plugin: not null } when !hasCertificate => "what a credential plugin gives",
            _ => hasCertificate ? "a client certificate" : "nothing",
        };
        return kind + (hasCertificate && kind != "a client certificate" ? " and a client certificate" : "")
            + (user.Impersonation is null ? "" : ", and acts as somebody else");
    }

    static string Trust(ClusterSettings cluster, Uri server) =>
        server.Scheme != Uri.UriSchemeHttps ? "nothing"
        : cluster.SkipTlsVerify ? "no check at all (insecure-skip-tls-verify)"
        : (cluster.CertificateAuthorityFile is { } file && cluster.CertificateAuthorityData is null ? "the authority in " + file
            : cluster.CertificateAuthorityData is not null ? "the authority in the kubeconfig"
            : "the authorities that this machine trusts")
        + (cluster.TlsServerName is { } name ? $", under the name {name}" : "");
}
