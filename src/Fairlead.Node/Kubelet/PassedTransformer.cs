using System.Net;
using Fairlead.Server.Handshakes;
using Fairlead.Server.Requests;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Node.Kubelet;

/// <summary>What changes between a request and the one to the kubelet: its address and who sends it. And what may not come back.</summary>
/// <param name="target">Where to: what was judged, spelled anew.</param>
/// <param name="authorize">Says who sends it.</param>
/// <param name="isOwn">The front's credential is shown.</param>
sealed class PassedTransformer(Uri target, Action<HttpRequestMessage> authorize, bool isOwn) : HttpTransformer
{
    /// <summary>The kubelet refused the front's own credential, and of its answer nothing was passed on.</summary>
    internal HttpStatusCode? OwnRefusal { get; private set; }

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = target;
        proxyRequest.Headers.Host = null;
        authorize(proxyRequest);
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null) return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (isOwn && proxyResponse.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            OwnRefusal = proxyResponse.StatusCode;
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
        bool isStream = proxyResponse.Content.Headers.ContentLength is null
            && proxyResponse.StatusCode != HttpStatusCode.SwitchingProtocols;
        // A log may be silent for minutes after its headers, for which its reader waits.
        if (isStream) await httpContext.Response.Body.FlushAsync(cancellationToken);
        return copies;
    }
}
