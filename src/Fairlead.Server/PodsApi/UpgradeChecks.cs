using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>Judges what a streaming request asks to be upgraded to.</summary>
static class UpgradeChecks
{
    /// <param name="request">The request.</param>
    /// <param name="overWebSocket">Something is offered over WebSocket.</param>
    /// <param name="overSpdy">Something is offered over SPDY/3.1.</param>
    /// <returns>True for SPDY/3.1, false for WebSocket.</returns>
    /// <exception cref="ApiRefusal">The request asks for no upgrade, or for one that is not offered.</exception>
    public static bool RequireStream(HttpRequest request, bool overWebSocket, bool overSpdy)
    {
        bool isWebSocket = WebSocketUpgrade.IsRequested(request);
        if (!isWebSocket && !SpdyUpgrade.IsRequested(request)) throw new ApiRefusal(Refusals.BadRequest("Upgrade request required"));
        if (isWebSocket ? !overWebSocket : !overSpdy)
            throw new ApiRefusal(Refusals.BadRequest($"the upgrade to {request.Headers.Upgrade} is not offered by this server"));
        if (!UpgradeMethods.Allows(request, isWebSocket)) throw new ApiRefusal(Refusals.MethodNotAllowed);
        return !isWebSocket;
    }

    /// <summary>
    /// A GET is authorized as <c>get</c>, but what it does here is to start something: without this, a role that may only read could
    /// run commands over WebSocket, whose requests are always GETs.
    /// </summary>
    /// <exception cref="ApiRefusal">The user may not create.</exception>
    public static async ValueTask RequireCreateAsync(PodsApiOptions options, ApiRequest request, ApiUser user, CancellationToken cancellationToken)
    {
        AccessAttributes create = request.Attributes with { Verb = "create" };
        if (!await options.MayAsync(user, create, cancellationToken)) throw new ApiRefusal(Refusals.Forbidden(user, create));
    }
}
