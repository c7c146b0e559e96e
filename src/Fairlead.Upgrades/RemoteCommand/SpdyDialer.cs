using System.Net.Http.Headers;
using Fairlead.Streaming.Spdy;
using Fairlead.Upgrades.Http;
using Fairlead.Wire;

namespace Fairlead.Upgrades.RemoteCommand;

/// <summary>Upgrades to a remote command over SPDY/3.1.</summary>
static class SpdyDialer
{
    internal static async Task<UpgradedConnection> UpgradeAsync(
        UpgradeHttp http, RemoteCommandUpgrade request, CancellationToken cancellationToken)
    {
        RemoteCommandProtocol[] offered = request.OverSpdy;
        UpgradeTarget target = request.Target;
        HttpResponseMessage response = await http.SendAsync(
            target, HttpMethod.Post, new ProductHeaderValue("SPDY", "3.1"),
            // servers split it
            headers => headers.TryAddWithoutValidation(
                SpdyHandshake.VersionHeader, string.Join(", ", offered.Select(static protocol => protocol.Name))),
            cancellationToken);
        try
        {
            string? chosen = UpgradeAnswer.Single(response, SpdyHandshake.VersionHeader, target);
            RemoteCommandProtocol protocol = SpdyHandshake.ReadAnswer(chosen, offered)
                ?? throw UpgradeAnswer.Mismatch(
                    target, chosen is null ? "The server upgraded without choosing a version."
                    : $"The server chose {chosen}, which was not offered.");
            return new UpgradedConnection(
                await response.Content.ReadAsStreamAsync(cancellationToken), protocol)
            { Withheld = target.Withheld };
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
