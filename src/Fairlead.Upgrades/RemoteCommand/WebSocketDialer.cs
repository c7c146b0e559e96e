using Fairlead.Upgrades.Http;
using Fairlead.Wire;

namespace Fairlead.Upgrades.RemoteCommand;

/// <summary>Upgrades to a remote command over WebSocket.</summary>
static class WebSocketDialer
{
    internal static async Task<UpgradedConnection> UpgradeAsync(
        UpgradeHttp http, RemoteCommandUpgrade request, CancellationToken cancellationToken, RemoteCommandProtocol? only = null)
    {
        RemoteCommandProtocol[] offered = only is null ? request.OverWebSocket : [only];
        UpgradeTarget target = request.Target;
        (HttpResponseMessage response, string name) = await WebSocketOffer.SendAsync(
            http, target, [.. offered.Select(static protocol => protocol.Name)], cancellationToken);
        try
        {
            RemoteCommandProtocol protocol = offered.First(protocol => protocol.Name == name);
            return new UpgradedConnection(
                await http.StreamOfAsync(response, cancellationToken), protocol)
            { Withheld = target.Withheld, IsShared = UpgradeAnswer.IsShared(response) };
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
