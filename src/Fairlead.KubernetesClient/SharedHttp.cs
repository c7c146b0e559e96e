namespace Fairlead.KubernetesClient;

/// <summary>Sends by somebody else's client, which stays theirs.</summary>
sealed class SharedHttp(HttpClient http) : HttpMessageHandler
{
    /// <remarks>
    /// Only the head of the answer is waited for: what comes behind it is a session, which a <see cref="HttpClient"/> would collect.
    /// </remarks>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
}
