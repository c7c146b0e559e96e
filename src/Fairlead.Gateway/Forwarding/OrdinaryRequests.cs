using System.Net;
using Fairlead.Gateway.Callers;
using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Upgrades.Requests;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Fairlead.Gateway.Forwarding;

/// <summary>Everything that is no session, by YARP: lists, watches, logs, large bodies, trailers, and upgrades to other things.</summary>
sealed class OrdinaryRequests(UpstreamServer upstream, IHttpForwarder forwarder, IReadOnlyList<IPNetwork> proxies, ILogger logger)
{
    readonly ForwarderRequestConfig _config = new()
    {
        // a watch or a followed log may be silent for as long as it likes
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = upstream.IsSecure ? HttpVersion.Version20 : HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    /// <summary>
    /// An upgrade is of HTTP/1.1. As HTTP/2 it would be an extended CONNECT (RFC 8441), a method that routes behind do not have.
    /// </summary>
    readonly ForwarderRequestConfig _upgrade = new()
    {
        ActivityTimeout = Timeout.InfiniteTimeSpan,
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    internal async Task ForwardAsync(HttpContext context, Caller caller, WithheldWords withheld, bool isUpgrade)
    {
        DataRates.Lift(context);
        // the server behind has limits of its own
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body) body.MaxRequestBodySize = null;
        if (!await IsOwnRefusedAsync(context, caller, withheld, isUpgrade, renew: false)) return;

        bool canRepeat = context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };
        if (canRepeat && !await IsOwnRefusedAsync(context, caller, withheld, isUpgrade, renew: true)) return;
        if (!canRepeat) upstream.RenewBeforeNext(caller);
        await RefuseAsync(context, caller, withheld, LogLevel.Warning, null, 503, UpstreamRefusals.OwnRefused);
    }

    /// <returns>True where the server behind refused the gateway's own credentials, and nothing was answered yet.</returns>
    async Task<bool> IsOwnRefusedAsync(HttpContext context, Caller caller, WithheldWords withheld, bool isUpgrade, bool renew)
    {
        OrdinaryTransformer transformer = new(
            upstream, caller, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            ClientAddress.Of(context, proxies), renew);
        ForwarderError error = await forwarder.SendAsync(
            context, upstream.Locate("").AbsoluteUri, upstream.HttpFor(caller), isUpgrade ? _upgrade : _config, transformer,
            context.RequestAborted);
        if (transformer.WereOwnRefused)
        {
            context.Response.Clear(); // the forwarder has set the code
            return true;
        }

        if (error is ForwarderError.None || context.RequestAborted.IsCancellationRequested) return false;

        Exception? failure = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        (int code, string why) = (failure, error) switch
        {
            (CredentialsException, _) => (503, UpstreamRefusals.OwnMissing),
            (_, ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled) => (400, "the request's body did not come whole"),
            (null, _) => (502, "the server behind the gateway did not answer: " + error),
            _ =>
                (context.Response.StatusCode is >= 500 and var chosen ? chosen : 502,
                "the server behind the gateway could not be asked: " + RequestFault.Describe(failure)),
        };
        await RefuseAsync(context, caller, withheld, context.Response.HasStarted ? LogLevel.Debug : LogLevel.Warning, failure, code, why);
        return false;
    }

    async Task RefuseAsync(HttpContext context, Caller caller, WithheldWords withheld, LogLevel level, Exception? failure, int code,
        string why)
    {
        HttpRequest request = context.Request;
        if (logger.IsEnabled(level))
        {
            WithheldException? told = failure is null ? null : WithheldException.Of(failure, withheld);
            string words = withheld.Blank(why);
            Log.ForwardFailed(logger, level, told, request.Method, request.Path.Value, caller.Name, words);
        }

        if (context.Response.HasStarted) return;
        context.Response.Clear();
        await StatusAnswer.WriteAsync(context, UpstreamRefusals.NotReached(code, withheld.BlankCredentials(why)));
    }
}
