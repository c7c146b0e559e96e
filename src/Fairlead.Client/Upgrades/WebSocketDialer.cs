using System.Net;
using System.Net.Http.Headers;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;

namespace Fairlead.Client.Upgrades;

/// <summary>Upgrades to a remote command over WebSocket.</summary>
static class WebSocketDialer
{
    static readonly RemoteCommandProtocol[] s_endingInput = [RemoteCommandProtocol.V5];
    static readonly RemoteCommandProtocol[] s_any = [RemoteCommandProtocol.V5, RemoteCommandProtocol.V4];

    internal static async Task<UpgradedConnection> UpgradeAsync(UpgradeHttp http, UpgradeRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<RemoteCommandProtocol> offered = request.Options.Protocols ?? (request.InputMustEnd ? s_endingInput : s_any);
        string key = WebSocketHandshake.CreateKey();
        HttpResponseMessage response = await http.SendAsync(request, HttpMethod.Get, new ProductHeaderValue("websocket"), headers =>
        {
            headers.TryAddWithoutValidation("Sec-WebSocket-Version", WebSocketHandshake.Version);
            headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
            string names = string.Join(", ", offered.Select(static protocol => protocol.Name).Where(static name => name.Length > 0));
            if (names.Length > 0) headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", names); // one line: Go servers read only the first
        }, cancellationToken);
        try
        {
            RemoteCommandProtocol protocol = Check(response, key, offered);
            return new UpgradedConnection(await response.Content.ReadAsStreamAsync(cancellationToken), protocol, IsSpdy: false);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    static RemoteCommandProtocol Check(HttpResponseMessage response, string key, IReadOnlyList<RemoteCommandProtocol> offered)
    {
        if (Value("Sec-WebSocket-Accept") != WebSocketHandshake.ComputeAccept(key))
            throw Mismatch("The server's answer to the WebSocket upgrade does not match the request (Sec-WebSocket-Accept): a proxy between may have answered.");
        string name = Value("Sec-WebSocket-Protocol") ?? "";
        return offered.FirstOrDefault(protocol => protocol.Name == name)
            ?? throw Mismatch(name.Length == 0 ? "The server upgraded without choosing a subprotocol." : $"The server chose the subprotocol {name}, which was not offered.");

        string? Value(string header) => response.Headers.TryGetValues(header, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

        static UpgradeException Mismatch(string message) => new(message, HttpStatusCode.SwitchingProtocols, null);
    }
}
