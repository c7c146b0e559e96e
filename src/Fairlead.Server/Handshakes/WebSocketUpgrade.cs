using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Handshakes;

/// <summary>Accepts a remote command over WebSocket, by HTTP/1.1 or, adopted by <see cref="ExtendedConnect"/>, by HTTP/2.</summary>
public static class WebSocketUpgrade
{
    /// <summary>
    /// True when the request asks for a WebSocket, as Kubernetes servers judge it: <c>Upgrade</c> whole, <c>Connection</c> by substring, in
    /// any case.
    /// </summary>
    public static bool IsRequested(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase)
            && request.Headers.Connection.ToString().Contains("upgrade", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Negotiates and upgrades. When the handshake is refused (403 for no common subprotocol, 400 or 405 for a bad one) the answer
    /// was written and null is returned. After the upgrade the "connected" message was sent.
    /// </summary>
    /// <param name="context">The request; its connection belongs to the session until that is disposed.</param>
    /// <param name="request">What was asked for, checked before.</param>
    /// <param name="accepted">The versions that this server takes; those whose sessions outlive the request are left out.</param>
    /// <param name="limits">Bounds and deadlines; the defaults for null.</param>
    public static async Task<AnsweringSession?> AcceptAsync(
        HttpContext context, RemoteCommandRequest request, IReadOnlyCollection<RemoteCommandProtocol> accepted,
        CarrierLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        limits ??= CarrierLimits.Default;
        RemoteCommandProtocol[] ending = [.. accepted.Where(static form => !form.IsResumable)]; // the others outlive the request
        if (await NegotiateAsync(context, ending) is not { } protocol) return null;
        return Answer(context, await UpgradeAsync(context, protocol, limits), protocol, request, limits);
    }

    /// <summary>
    /// Checks the handshake and picks a version, changing nothing yet. Null where it was refused, which was then answered.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="accepted">The versions that this server takes.</param>
    public static async Task<RemoteCommandProtocol?> NegotiateAsync(
        HttpContext context, IReadOnlyCollection<RemoteCommandProtocol> accepted)
    {
        ArgumentNullException.ThrowIfNull(context);
        return await WebSocketAnswer.NegotiateAsync(context, offered => SubprotocolNegotiation.Pick(offered, accepted), accepted);
    }

    /// <summary>Answers 101, or 200 to an extended CONNECT, to a request that was negotiated.</summary>
    /// <param name="context">The request.</param>
    /// <param name="protocol">What <see cref="NegotiateAsync"/> picked.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <returns>The connection, which the caller owns; it goes with the request.</returns>
    public static async Task<Stream> UpgradeAsync(HttpContext context, RemoteCommandProtocol protocol, CarrierLimits limits)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(protocol);
        return await WebSocketAnswer.UpgradeAsync(context, protocol.Name, limits.PingTimeout);
    }

    /// <summary>Makes the answering side of an upgraded connection and sends its "connected" message.</summary>
    public static AnsweringSession Answer(
        HttpContext context, Stream stream, RemoteCommandProtocol protocol, RemoteCommandRequest request, CarrierLimits limits)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new AnsweringSession(
            WebSocketRemoteCommand.Answer(
            stream, protocol, request, SessionLimits.Of(context, limits), context.Abort, peerGone: context.RequestAborted), request);
    }
}
