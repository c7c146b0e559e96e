using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire.PortForward;

namespace Fairlead.Client.Upgrades;

/// <summary>Opens one carrier for forwarded connections.</summary>
sealed class PortForwardDialer(UpgradeHttp http, PortForwardRequest request)
{
    /// <summary>Over WebSocket, in the form that the server chooses among those offered.</summary>
    /// <param name="offered">The forms, the best first.</param>
    /// <param name="port">The port that forms with channels connect to; 0 where none is offered.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task<PortForwardAdapter> OpenOverWebSocketAsync(IReadOnlyList<PortForwardProtocol> offered, int port, CancellationToken cancellationToken)
    {
        UpgradeTarget target = port == 0 ? request.Target() : request.Target(port);
        (HttpResponseMessage response, _) = await WebSocketOffer.SendAsync(http, target, [.. offered.Select(static protocol => protocol.Name)], cancellationToken);
        try
        {
            Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            return new DirectPortForward(stream, request.Limits);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
