namespace Fairlead.KubeConfig.Tests;

/// <summary>Calls through an endpoint as the client library makes them.</summary>
static class Requests
{
    public static async Task<int> GetAsync(this KubernetesEndpoint endpoint, string path = "/version", bool renew = false)
    {
        using HttpMessageInvoker http = new(endpoint.Handler, disposeHandler: false);
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(endpoint.Server, path));
        if (endpoint.Authorize is { } authorize) await authorize(request, renew, TestContext.Current.CancellationToken);
        using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }
}
