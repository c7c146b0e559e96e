using System.Net.Http.Headers;
using Fairlead.Streaming.WebSockets;

namespace Fairlead.Upgrades.Http;

/// <summary>The client's half of a WebSocket handshake, whatever is spoken afterwards.</summary>
static class WebSocketOffer
{
    /// <summary>Offers subprotocols and upgrades.</summary>
    /// <param name="http">The exchange.</param>
    /// <param name="target">Where to.</param>
    /// <param name="names">The names, the best first; an empty one means that none may be chosen.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The 101, which the caller owns, and the name that was chosen.</returns>
    /// <exception cref="UpgradeException">The server refused, or answered with what was not offered.</exception>
    internal static async Task<(HttpResponseMessage Response, string Name)> SendAsync(
        UpgradeHttp http, UpgradeTarget target, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        string key = WebSocketHandshake.CreateKey();
        HttpResponseMessage response = await http.SendAsync(target, HttpMethod.Get, new ProductHeaderValue("websocket"), headers =>
        {
            headers.TryAddWithoutValidation("Sec-WebSocket-Version", WebSocketHandshake.Version);
            headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
            string offer = string.Join(", ", names.Where(static name => name.Length > 0));
            // one line: Go servers read only the first
            if (offer.Length > 0) headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", offer);
        }, cancellationToken);
        try
        {
            if (!UpgradeAnswer.IsShared(response)
                && UpgradeAnswer.Single(response, "Sec-WebSocket-Accept", target) != WebSocketHandshake.ComputeAccept(key))
            {
                throw UpgradeAnswer.Mismatch(
                    target,
                    "The server's answer to the WebSocket upgrade does not match the request (Sec-WebSocket-Accept): a proxy between " +
                    "may have answered.");
            }

            if (UpgradeAnswer.Single(response, "Sec-WebSocket-Extensions", target) is { Length: > 0 } extension)
                throw UpgradeAnswer.Mismatch(target,
                    $"The server uses the extension {extension} (Sec-WebSocket-Extensions), which was not offered.");
            string name = UpgradeAnswer.Single(response, "Sec-WebSocket-Protocol", target) ?? "";
            if (names.Contains(name)) return (response, name);
            throw UpgradeAnswer.Mismatch(
                target, name.Length == 0 ? "The server upgraded without choosing a subprotocol."
                    : $"The server chose the subprotocol {name}, which was not offered.");
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
