using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>Judges what a streaming request asks to be upgraded to.</summary>
static class UpgradeChecks
{
    /// <exception cref="ApiRefusal">The request asks for no upgrade, or for one that is not offered.</exception>
    public static void RequireWebSocket(HttpRequest request)
    {
        if (WebSocketUpgrade.IsRequested(request))
        {
            if (HttpMethods.IsPost(request.Method)) throw new ApiRefusal(Refusals.MethodNotAllowed); // a WebSocket begins with a GET
            return;
        }

        string upgrade = request.Headers.Upgrade.ToString();
        bool isUpgrade = request.Headers.Connection.ToString().Contains("upgrade", StringComparison.OrdinalIgnoreCase);
        if (isUpgrade && upgrade.StartsWith("SPDY/", StringComparison.OrdinalIgnoreCase))
            throw new ApiRefusal(Refusals.BadRequest($"the upgrade to {upgrade} is not offered by this server: use WebSocket"));
        throw new ApiRefusal(Refusals.BadRequest("Upgrade request required"));
    }
}
