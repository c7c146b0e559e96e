using Fairlead.Server.Answers;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Handshakes;

/// <summary>Judges what a streaming request asks to be upgraded to.</summary>
static class OfferedUpgrades
{
    /// <param name="request">The request.</param>
    /// <param name="overSpdy">Something is offered over SPDY/3.1.</param>
    /// <param name="overWebSocket">Something is offered over WebSocket.</param>
    /// <returns>True for SPDY/3.1, false for WebSocket.</returns>
    /// <exception cref="ApiRefusal">The request asks for no upgrade, or for one that is not offered.</exception>
    public static bool RequireSpdyOrWebSocket(HttpRequest request, bool overSpdy, bool overWebSocket)
    {
        bool isWebSocket = WebSocketUpgrade.IsRequested(request);
        if (!isWebSocket && !SpdyUpgrade.IsRequested(request)) throw new ApiRefusal(Refusals.BadRequest("Upgrade request required"));
        if (isWebSocket ? !overWebSocket : !overSpdy)
            throw new ApiRefusal(Refusals.BadRequest($"the upgrade to {request.Headers.Upgrade} is not offered by this server"));
        if (!UpgradeMethods.Allows(request, isWebSocket)) throw new ApiRefusal(Refusals.MethodNotAllowed);
        return !isWebSocket;
    }
}
