using Microsoft.AspNetCore.Http;

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

    /// <summary>A WebSocket begins with a GET (RFC 6455); SPDY/3.1 with a POST by custom, or a GET.</summary>
    internal static bool Allows(HttpRequest request, bool isWebSocket) =>
        HttpMethods.IsGet(request.Method) || (!isWebSocket && HttpMethods.IsPost(request.Method));
}
