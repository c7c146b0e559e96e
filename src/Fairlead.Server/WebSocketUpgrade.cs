using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server;

/// <summary>Accepts a remote command over WebSocket.</summary>
public static class WebSocketUpgrade
{
    /// <summary>True when the request asks for a WebSocket, as Kubernetes servers judge it.</summary>
    public static bool IsRequested(HttpRequest request) => throw new NotSupportedException();

    /// <summary>
    /// Negotiates and upgrades. When the handshake is refused (403 for no common subprotocol, 400 or 405 for a bad one) the answer
    /// was written and null is returned. After the upgrade the "connected" message was sent.
    /// </summary>
    public static Task<AnsweringSession?> AcceptAsync(HttpContext context, RemoteCommandRequest request, IReadOnlyCollection<RemoteCommandProtocol> accepted)
        => throw new NotSupportedException();
}
