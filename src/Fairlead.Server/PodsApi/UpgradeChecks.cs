using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.PodsApi;

/// <summary>Judges what a streaming request asks to be upgraded to.</summary>
static class UpgradeChecks
{
    /// <returns>True for SPDY/3.1, false for WebSocket.</returns>
    /// <exception cref="ApiRefusal">The request asks for no upgrade, or for one that is not offered.</exception>
    public static bool RequireStream(HttpRequest request, PodsApiOptions options)
    {
        if (WebSocketUpgrade.IsRequested(request) && !options.Protocols.IsEmpty)
        {
            if (HttpMethods.IsPost(request.Method)) throw new ApiRefusal(Refusals.MethodNotAllowed); // a WebSocket begins with a GET
            return false;
        }

        if (SpdyUpgrade.IsRequested(request) && !options.SpdyProtocols.IsEmpty) return true;
        bool isUpgrade = request.Headers.Connection.ToString().Contains("upgrade", StringComparison.OrdinalIgnoreCase);
        string upgrade = request.Headers.Upgrade.ToString();
        throw new ApiRefusal(Refusals.BadRequest(isUpgrade && upgrade.Length > 0 ? $"the upgrade to {upgrade} is not offered by this server" : "Upgrade request required"));
    }
}
