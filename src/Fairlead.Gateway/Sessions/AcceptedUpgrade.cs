using Fairlead.Server.Answers;
using Fairlead.Server.Handshakes;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Gateway.Sessions;

/// <summary>The client's side of a session: what it asked to be upgraded to and which version it will get.</summary>
sealed record AcceptedUpgrade(HttpContext Context, RemoteCommandProtocol Protocol)
{
    /// <summary>Reads the upgrade that a request asks for. Null where it was refused, which was then answered.</summary>
    /// <param name="context">The request.</param>
    /// <param name="mayResume">A session that outlives its connection may be passed through, where the server keeps it.</param>
    internal static async Task<AcceptedUpgrade?> NegotiateAsync(HttpContext context, bool mayResume)
    {
        bool isWebSocket = WebSocketUpgrade.IsRequested(context.Request);
        if (!isWebSocket && !SpdyUpgrade.IsRequested(context.Request))
        {
            await StatusAnswer.WriteAsync(context, Status.Refusal(400, "BadRequest", "Upgrade request required"));
            return null;
        }

        RemoteCommandProtocol? protocol = isWebSocket
            ? await WebSocketUpgrade.NegotiateAsync(
                context,
                mayResume ? [RemoteCommandProtocol.Session, .. RemoteCommandProtocol.OverWebSocket] : RemoteCommandProtocol.OverWebSocket)
            : await SpdyUpgrade.NegotiateAsync(context, RemoteCommandProtocol.OverSpdy);
        return protocol is null ? null : new AcceptedUpgrade(context, protocol);
    }

    /// <summary>
    /// What it will get where the server behind keeps no sessions, of which the gateway keeps none of its own either. Null for a client
    /// that offers nothing else, since it comes back for a session that it has.
    /// </summary>
    internal RemoteCommandProtocol? WithoutSession => Protocol.IsResumable
        ? SubprotocolNegotiation.Pick(
            SubprotocolNegotiation.Split(Context.Request.Headers.SecWebSocketProtocol), RemoteCommandProtocol.OverWebSocket)
        : Protocol;

    /// <summary>Answers 101. The connection goes with the request.</summary>
    internal Task<Stream> UpgradeAsync(CarrierLimits limits) =>
        Protocol.IsSpdy ? SpdyUpgrade.UpgradeAsync(Context, Protocol, limits) : WebSocketUpgrade.UpgradeAsync(Context, Protocol, limits);

    /// <summary>Answers 101 and makes a session of it. Null for a client that does not open its streams.</summary>
    internal async Task<AnsweringSession?> AnswerAsync(RemoteCommandRequest request, CarrierLimits limits)
    {
        Stream stream = await UpgradeAsync(limits);
        return Protocol.IsSpdy
            ? await SpdyUpgrade.AnswerAsync(Context, stream, Protocol, request, limits)
            : WebSocketUpgrade.Answer(Context, stream, Protocol, request, limits);
    }
}
