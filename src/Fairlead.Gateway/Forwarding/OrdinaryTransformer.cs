using System.Net;
using Fairlead.Gateway.Callers;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Gateway.Forwarding;

/// <summary>What changes between a request and the one upstream: its address and who sends it. And what may not come back.</summary>
sealed class OrdinaryTransformer(UpstreamServer upstream, Caller caller, string target) : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = upstream.Locate(target); // as it was sent: nothing is unescaped and escaped again
        proxyRequest.Headers.Host = null;
        await upstream.AuthorizeAsync(proxyRequest, caller, renew: false, cancellationToken);
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null) return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        bool wantsUpgrade = proxyResponse.RequestMessage?.Headers.Upgrade.Count > 0;
        if (wantsUpgrade && (int)proxyResponse.StatusCode is >= 300 and < 400)
        {
            httpContext.Response.StatusCode = (int)HttpStatusCode.BadGateway; // it would carry the caller's credentials to wherever it points
            return false;
        }

        bool copies = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        foreach (string name in proxyResponse.Headers.Connection) // for this hop only (RFC 9110 section 7.6.1)
        {
            if (!name.Equals("upgrade", StringComparison.OrdinalIgnoreCase)) httpContext.Response.Headers.Remove(name);
        }

        return copies;
    }
}
