using System.Net.Http.Headers;
using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.Spdy;
using Fairlead.Streaming.Spdy.PortForward;
using Fairlead.Streaming.WebSockets;
using Fairlead.Upgrades.Http;
using Fairlead.Wire.PortForward;

namespace Fairlead.Upgrades.PortForward;

/// <summary>Opens one carrier for forwarded connections.</summary>
sealed class PortForwardDialer(UpgradeHttp http, PortForwardUpgrade request)
{
    /// <summary>Opens it in the form that the server chooses among those offered.</summary>
    /// <param name="offered">The forms, the best first: of WebSocket, or SPDY/3.1 alone.</param>
    /// <param name="port">The port that forms with channels connect to.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal Task<PortForwardAdapter> OpenAsync(
        IReadOnlyList<PortForwardProtocol> offered, int port, CancellationToken cancellationToken) =>
        offered[0].IsSpdy ? OpenOverSpdyAsync(cancellationToken) : OpenOverWebSocketAsync(offered, port, cancellationToken);

    async Task<PortForwardAdapter> OpenOverWebSocketAsync(
        IReadOnlyList<PortForwardProtocol> offered, int port, CancellationToken cancellationToken)
    {
        UpgradeTarget target = offered.Any(static form => form.HasChannels) ? request.Target(port) : request.Target();
        (HttpResponseMessage response, string name) = await WebSocketOffer.SendAsync(
            http, target, [.. offered.Select(static form => form.Name)], cancellationToken);
        PortForwardProtocol chosen = offered.First(form => form.Name == name);
        Stream stream = await StreamOfAsync(response, cancellationToken);
        CarrierLimits limits = request.Limits with { Withheld = target.Withheld };
        return chosen switch
        {
            _ when chosen == PortForwardProtocol.Direct => new DirectPortForward(stream, limits),
            { HasChannels: true } => new ChannelPortForward(stream, chosen, port, limits),
            _ => new SpdyPortForward(stream, chosen, limits),
        };
    }

    async Task<PortForwardAdapter> OpenOverSpdyAsync(CancellationToken cancellationToken)
    {
        PortForwardProtocol spdy = PortForwardProtocol.Spdy;
        UpgradeTarget target = request.Target();
        HttpResponseMessage response = await http.SendAsync(
            target, HttpMethod.Post, new ProductHeaderValue("SPDY", "3.1"),
            headers => headers.TryAddWithoutValidation(SpdyHandshake.VersionHeader, spdy.Name), cancellationToken);
        try
        {
            string? chosen = UpgradeAnswer.Single(response, SpdyHandshake.VersionHeader, target);
            if (chosen == spdy.Name)
                return new SpdyPortForward(await response.Content.ReadAsStreamAsync(cancellationToken), spdy,
                    request.Limits with { Withheld = target.Withheld });
            throw UpgradeAnswer.Mismatch(target, $"The server chose \"{chosen}\" over SPDY, which was not offered.");
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    static async Task<Stream> StreamOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadAsStreamAsync(cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
