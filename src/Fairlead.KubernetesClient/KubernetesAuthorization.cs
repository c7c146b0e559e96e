using k8s.Authentication;

namespace Fairlead.KubernetesClient;

/// <summary>What KubernetesClient adds to each request.</summary>
/// <param name="credentials">Its credentials; null where a certificate says all.</param>
/// <param name="tlsServerName">The name that TLS checks; null for the address's.</param>
sealed class KubernetesAuthorization(ServiceClientCredentials? credentials, string? tlsServerName)
{
    internal bool IsNeeded => credentials is not null || !string.IsNullOrEmpty(tlsServerName);

    /// <remarks>
    /// A provider of tokens knows by itself when they end, and cannot be told that a server refused one: it is asked again all the same.
    /// </remarks>
    internal async ValueTask ApplyAsync(HttpRequestMessage request, bool renew, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(tlsServerName)) request.Headers.Host = tlsServerName; // the handler checks the name that it asks for
        if (credentials is null) return;
        try
        {
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new CredentialsException(e); // a provider is anybody's code, and fails with whatever it likes
        }
    }
}
