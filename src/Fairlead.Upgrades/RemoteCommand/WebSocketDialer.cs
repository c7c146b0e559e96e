using Fairlead.Upgrades.Http;
using Fairlead.Wire;

namespace Fairlead.Upgrades.RemoteCommand;

/// <summary>Upgrades to a remote command over WebSocket.</summary>
static class WebSocketDialer
{
    static readonly RemoteCommandProtocol[] s_endingInput = [RemoteCommandProtocol.V5];
    static readonly RemoteCommandProtocol[] s_any = [RemoteCommandProtocol.V5, RemoteCommandProtocol.V4];

    internal static async Task<UpgradedConnection> UpgradeAsync(UpgradeHttp http, RemoteCommandUpgrade request, CancellationToken cancellationToken)
    {
        IReadOnlyList<RemoteCommandProtocol> offered = request.Options.Protocols ?? (request.InputMustEnd ? s_endingInput : s_any);
        UpgradeTarget target = request.Target;
        (HttpResponseMessage response, string name) = await WebSocketOffer.SendAsync(http, target, [.. offered.Select(static protocol => protocol.Name)], cancellationToken);
        try
        {
            RemoteCommandProtocol protocol = offered.First(protocol => protocol.Name == name);
            return new UpgradedConnection(await response.Content.ReadAsStreamAsync(cancellationToken), protocol, IsSpdy: false) { Withheld = target.Withheld };
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
