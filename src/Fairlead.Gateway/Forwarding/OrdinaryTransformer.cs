using System.Diagnostics;
using System.Net;
using Fairlead.Gateway.Callers;
using Fairlead.Gateway.Operations;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Operations;
using Fairlead.Server.Requests;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Gateway.Forwarding;

/// <summary>What changes between a request and the one upstream: its address and who sends it. And what may not come back.</summary>
/// <param name="upstream">The server behind.</param>
/// <param name="caller">Who sends it.</param>
/// <param name="target">Where to, as it was sent.</param>
/// <param name="client">Where it comes from; null where nobody knows.</param>
/// <param name="renew">The gateway's own credentials were refused: they are fetched anew.</param>
sealed class OrdinaryTransformer(UpstreamServer upstream, Caller caller, string target, IPAddress? client, bool renew) : HttpTransformer
{
    static readonly string[] s_proxied = ["pods", "services", "nodes"];

    /// <summary>What an API server writes into its audit as the source of a request, whoever has said it.</summary>
    static readonly string[] s_sources = [Source, "X-Real-Ip", "Forwarded"];

    static readonly string[] s_trace = [CallerTrace.Header, "tracestate", "baggage"];

    const string Source = "X-Forwarded-For";

    /// <summary>The server behind refused the gateway's own credentials, and of its answer nothing was passed on.</summary>
    internal bool WereOwnRefused { get; private set; }

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = upstream.Locate(target); // as it was sent: nothing is unescaped and escaped again
        proxyRequest.Headers.Host = null;
        foreach (string source in s_sources) proxyRequest.Headers.Remove(source);
        if (Activity.Current?.Source == GatewayMetrics.Traces)
        {
            // an upgrade of another kind: what is named to the server behind is the gateway's own span
            foreach (string name in s_trace) proxyRequest.Headers.Remove(name);
        }

        if (client is not null) proxyRequest.Headers.TryAddWithoutValidation(Source, client.ToString());
        await upstream.AuthorizeAsync(proxyRequest, caller, renew, cancellationToken);
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null) return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse.StatusCode == HttpStatusCode.Unauthorized && caller.IsImpersonated && !IsOfWhatIsProxied())
        {
            WereOwnRefused = true;
            return false;
        }

        bool wantsUpgrade = proxyResponse.RequestMessage?.Headers.Upgrade.Count > 0;
        if (wantsUpgrade && (int)proxyResponse.StatusCode is >= 300 and < 400)
        {
            // it would carry the caller's credentials to wherever it points
            httpContext.Response.StatusCode = (int)HttpStatusCode.BadGateway;
            return false;
        }

        if (ExtendedConnect.IsAdopted(httpContext) && proxyResponse.IsSuccessStatusCode)
        {
            // to a client over HTTP/2 it would be the yes that it is not: that is a 101 here
            httpContext.Response.StatusCode = (int)HttpStatusCode.BadGateway;
            return false;
        }

        ControlledHeaders.Remove(proxyResponse);
        bool copies = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        HopHeaders.Remove(httpContext.Response.Headers, proxyResponse.Headers.Connection.ToArray());

        // The forwarder sends the head with the first of the body. A watch may be silent for an hour, and whoever waits for its head, a
        // proxy with a time limit too, takes that for a server that does not answer.
        bool isStream = copies && !wantsUpgrade && proxyResponse.Content.Headers.ContentLength is null;
        if (isStream) await httpContext.Response.BodyWriter.FlushAsync(cancellationToken);
        return copies;
    }

    /// <summary>
    /// The path goes through the server's own proxy to a pod, a service or a node, which has users of its own: a 401 may come from there
    /// and concern one of those users.
    /// </summary>
    bool IsOfWhatIsProxied()
    {
        string[] segments = target.Split('?')[0].Split('/');
        int proxy = Array.IndexOf(segments, "proxy");
        return proxy > 1 && s_proxied.Contains(segments[proxy - 2]);
    }
}
