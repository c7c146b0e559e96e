using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>Judges what a streaming request asks to be upgraded to.</summary>
static class UpgradeChecks
{
    /// <returns>True for SPDY/3.1, false for WebSocket.</returns>
    /// <exception cref="ApiRefusal">The request asks for no upgrade, or for one that is not offered.</exception>
    public static bool RequireStream(HttpRequest request, PodsApiOptions options)
    {
        bool isWebSocket = WebSocketUpgrade.IsRequested(request);
        if (!isWebSocket && !SpdyUpgrade.IsRequested(request)) throw new ApiRefusal(Refusals.BadRequest("Upgrade request required"));
        if (isWebSocket ? options.Protocols.IsEmpty : options.SpdyProtocols.IsEmpty)
            throw new ApiRefusal(Refusals.BadRequest($"the upgrade to {request.Headers.Upgrade} is not offered by this server"));
        if (isWebSocket && HttpMethods.IsPost(request.Method)) throw new ApiRefusal(Refusals.MethodNotAllowed); // a WebSocket begins with a GET
        return !isWebSocket;
    }
}
