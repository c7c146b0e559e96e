namespace Fairlead.Upgrades.Endpoints;

/// <summary>
/// An endpoint's credentials, for a server that shows them on behalf of many. Who gives up waiting does not end what fetches them: where
/// nobody is as patient as a plugin is slow, the next one finds what was begun for those before.
/// </summary>
/// <param name="endpoint">The endpoint; stays the caller's.</param>
public sealed class SharedCredentials(KubernetesEndpoint endpoint) : IDisposable
{
    readonly CancellationTokenSource _over = new();

    /// <summary>Adds the credentials to a request; nothing where the endpoint has none.</summary>
    /// <param name="request">The request. Who gives up does not send it.</param>
    /// <param name="renew">As in <see cref="KubernetesEndpoint.Authorize"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CredentialsException">They cannot be had, for whatever reason.</exception>
    public async ValueTask AuthorizeAsync(HttpRequestMessage request, bool renew, CancellationToken cancellationToken)
    {
        if (endpoint.Authorize is not { } authorize) return;
        try
        {
            await authorize(request, renew, _over.Token).AsTask().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CredentialsException(e);
        }
    }

    /// <summary>Ends what fetches credentials.</summary>
    public void Dispose()
    {
        _over.Cancel();
        _over.Dispose();
    }
}
