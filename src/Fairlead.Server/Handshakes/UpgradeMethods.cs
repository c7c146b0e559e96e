using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Server.Handshakes;

/// <summary>
/// By which methods a stream is asked for: what API servers and kubelets route, and what their rules have verbs for that mean it.
/// </summary>
static class UpgradeMethods
{
    /// <summary>What an answer with 405 says of a WebSocket.</summary>
    internal const string OfWebSocket = "GET";

    /// <summary>What an answer with 405 says of SPDY/3.1.</summary>
    internal const string OfSpdy = "GET, POST";

    /// <summary>
    /// A WebSocket begins with a GET (RFC 6455); SPDY/3.1 with a POST by custom, or a GET. Methods are told apart by case (RFC 9110 section
    /// 9.1).
    /// </summary>
    internal static bool Allows(HttpRequest request, bool isWebSocket) =>
        request.Method is "GET" || (!isWebSocket && request.Method is "POST");

    /// <summary>The request's connection can become another protocol's: not that of HTTP/1.0 (RFC 9110 section 7.8).</summary>
    internal static bool IsUpgradable(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } && !HttpProtocol.IsHttp10(context.Request.Protocol);
}
