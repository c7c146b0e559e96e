using System.Net;
using Fairlead.Gateway.Callers;
using Fairlead.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Gateway.Forwarding;

/// <summary>Everything that is no session, by YARP: lists, watches, logs, large bodies, trailers, and upgrades to other things.</summary>
sealed class OrdinaryRequests(UpstreamServer upstream, IHttpForwarder forwarder)
{
    readonly ForwarderRequestConfig _config = new()
    {
        // a watch or a followed log may be silent for as long as it likes
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = upstream.IsSecure ? HttpVersion.Version20 : HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    /// <summary>An upgrade is of HTTP/1.1. As HTTP/2 it would be an extended CONNECT (RFC 8441), a method that routes behind do not have.</summary>
    readonly ForwarderRequestConfig _upgrade = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    internal async Task ForwardAsync(HttpContext context, Caller caller, bool isUpgrade)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        DataRates.Lift(context);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body) body.MaxRequestBodySize = null; // the server behind has limits of its own
        ForwarderError error = await forwarder.SendAsync(
            context, upstream.Locate("").AbsoluteUri, upstream.HttpFor(caller), isUpgrade ? _upgrade : _config, new OrdinaryTransformer(upstream, caller, target), context.RequestAborted);
        if (error is ForwarderError.None || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested) return;

        int code = context.Response.StatusCode;
        context.Response.Clear();
        await StatusAnswer.WriteAsync(context, UpstreamRefusals.NotReached(code < 400 ? 502 : code, "the server behind the gateway did not answer: " + error));
    }
}
