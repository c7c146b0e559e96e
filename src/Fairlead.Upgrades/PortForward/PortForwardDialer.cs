using System.Net.Http.Headers;
using Fairlead.Streaming.Spdy;
using Fairlead.Upgrades.Http;
using Fairlead.Wire.PortForward;

namespace Fairlead.Upgrades.PortForward;

/// <summary>Asks for one carrier of forwarded connections.</summary>
sealed class PortForwardDialer(UpgradeHttp http, PortForwardUpgrade request)
{
    internal PortForwardUpgrade Request => request;

    /// <summary>Asks for it in the form that the server chooses among those offered.</summary>
    /// <param name="offered">The forms, the best first: of WebSocket, or SPDY/3.1 alone.</param>
    /// <param name="port">The port that forms with channels connect to.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task<UpgradedForward> DialAsync(
        IReadOnlyList<PortForwardProtocol> offered, int port, CancellationToken cancellationToken)
    {
        UpgradeTarget target = offered.Any(static form => form.HasChannels) ? request.Target(port) : request.Target();
        (HttpResponseMessage response, string name) = offered[0].IsSpdy
            ? await OfferSpdyAsync(target, cancellationToken)
            : await WebSocketOffer.SendAsync(http, target, [.. offered.Select(static form => form.Name)], cancellationToken);
        try
        {
            Stream stream = await http.StreamOfAsync(response, cancellationToken);
            return new UpgradedForward(this, stream, offered.First(form => form.Name == name), port, target.Withheld)
            {
                IsShared = UpgradeAnswer.IsShared(response),
            };
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    async Task<(HttpResponseMessage Response, string Name)> OfferSpdyAsync(UpgradeTarget target, CancellationToken cancellationToken)
    {
        string name = PortForwardProtocol.Spdy.Name;
        HttpResponseMessage response = await http.SendAsync(
            target, HttpMethod.Post, new ProductHeaderValue("SPDY", "3.1"),
            headers => headers.TryAddWithoutValidation(SpdyHandshake.VersionHeader, name), cancellationToken);
        try
        {
            string? chosen = UpgradeAnswer.Single(response, SpdyHandshake.VersionHeader, target);
            return chosen == name
                ? (response, name)
                : throw UpgradeAnswer.Mismatch(target, $"The server chose \"{chosen}\" over SPDY, which was not offered.");
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
