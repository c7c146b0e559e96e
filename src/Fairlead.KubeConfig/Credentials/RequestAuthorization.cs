using System.Net.Security;
using Fairlead.KubeConfig.Files;
using Fairlead.KubeConfig.Trust;

namespace Fairlead.KubeConfig.Credentials;

/// <summary>What is added to every request: the credentials, whom to act as, and the name that TLS checks.</summary>
sealed class RequestAuthorization
{
    readonly CredentialSource? _source;
    readonly Impersonation? _impersonation;
    readonly string? _hostName;

    RequestAuthorization(CredentialSource? source, Impersonation? impersonation, string? hostName)
    {
        _source = source;
        _impersonation = impersonation;
        _hostName = hostName;
    }

    /// <summary>Picks the user's way to show who it is, and sets the handler's client certificate.</summary>
    /// <returns>Null where there is nothing to add.</returns>
    public static RequestAuthorization? Create(ConnectionSettings settings, SocketsHttpHandler handler, KubeConfigOptions options)
    {
        UserSettings user = settings.User;

        // As kubectl: credentials never travel in the clear. Whom to act as is no secret, and leaving it out would act as somebody else.
        if (settings.Cluster.ServerAddress().Scheme != Uri.UriSchemeHttps)
            return user.Impersonation is null ? null : new RequestAuthorization(null, user.Impersonation, null);

        SslStreamCertificateContext? certificate = ClientCertificate.Load(user, options.Reads);
        handler.SslOptions.ClientCertificateContext = certificate;

        CredentialSource? source = user switch
        {
            { TokenFile: { } path } => new TokenFile(path, user.Token),
            { Token: { } token } => FixedCredential.Token(token),
            { UserName: { } name } => FixedCredential.Basic(name, user.Password),
            { Plugin: { } plugin } when certificate is null => PluginCredentials.Create(plugin, settings.Cluster, handler, options),
            _ => null,
        };
        return source is null && user.Impersonation is null && settings.Cluster.TlsServerName is null
            ? null
            : new RequestAuthorization(source, user.Impersonation, settings.Cluster.TlsServerName);
    }

    public async ValueTask ApplyAsync(HttpRequestMessage request, bool renew, CancellationToken cancellationToken)
    {
        // The handler takes the name it asks for and checks in TLS from the Host header; there is no other way to tell it.
        if (_hostName is not null) request.Headers.Host = _hostName;
        if (_source is not null) request.Headers.Authorization = await _source.GetAsync(renew, cancellationToken);
        if (_source?.Doubt is { } doubt) request.Options.Set(KubernetesEndpoint.CredentialsDoubt, doubt);
        _impersonation?.ApplyTo(request);
    }
}
