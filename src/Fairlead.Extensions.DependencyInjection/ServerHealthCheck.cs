using System.Net;
using Fairlead.Upgrades.Http;
using Fairlead.Wire;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fairlead.Extensions.DependencyInjection;

/// <summary>Asks a client's server for its version: whether it is reached, and takes the client's credentials.</summary>
sealed class ServerHealthCheck(Func<StreamingClient> client) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        HealthStatus failed = context.Registration.FailureStatus;
        KubernetesEndpoint endpoint;
        try
        {
            endpoint = client().Endpoint;
        }
        catch (FairleadException e)
        {
            return new HealthCheckResult(failed, e.Message);
        }

        using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            string? wrong = await AskAsync(endpoint, renew: false, late, cancellationToken);
            return wrong is null ? HealthCheckResult.Healthy() : new HealthCheckResult(failed, wrong);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(failed, $"the server did not answer within {endpoint.RequestTimeout.TotalSeconds:0.###} s");
        }
        catch (IOException e)
        {
            return new HealthCheckResult(failed, e.Message);
        }
    }

    /// <returns>What is wrong; null for nothing.</returns>
    static async Task<string?> AskAsync(
        KubernetesEndpoint endpoint, bool renew, CancellationTokenSource late, CancellationToken cancellationToken)
    {
        using HttpMessageInvoker http = new(endpoint.Handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, endpoint.Server.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/version");
        late.CancelAfter(Timeout.InfiniteTimeSpan); // the server's time does not run while credentials are fetched
        if (endpoint.Authorize is { } authorize) await authorize(request, renew, cancellationToken);
        late.CancelAfter(endpoint.RequestTimeout);
        using HttpResponseMessage response = await SendAsync(http, request, late.Token);
        if (response.StatusCode is not HttpStatusCode.Unauthorized)
            return response.IsSuccessStatusCode ? null : $"the server answered {(int)response.StatusCode}";
        return renew || endpoint.Authorize is null
            ? "the server does not take the credentials" + KubernetesEndpoint.DoubtAbout(response)
            : await AskAsync(endpoint, renew: true, late, cancellationToken);
    }

    /// <exception cref="ServerUnreachableException">It was not reached. What it quoted of the request is not in the words.</exception>
    static async Task<HttpResponseMessage> SendAsync(
        HttpMessageInvoker http, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            WithheldWords said = WithheldWords.OfRequest(
                [], request.Headers.NonValidated.SelectMany(
                    static header => header.Value, static (header, value) => new KeyValuePair<string, string>(header.Key, value)));
            throw new ServerUnreachableException(CredentialFree.Of(e, said) ?? e);
        }
    }
}
