using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Server;

/// <summary>Accepts a remote command over WebSocket.</summary>
public static class WebSocketUpgrade
{
    /// <summary>True when the request asks for a WebSocket, as Kubernetes servers judge it: by substring, in any case.</summary>
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
    /// <param name="accepted">The versions that this server takes.</param>
    /// <param name="limits">Bounds and deadlines; the defaults for null.</param>
    public static async Task<AnsweringSession?> AcceptAsync(
        HttpContext context, RemoteCommandRequest request, IReadOnlyCollection<RemoteCommandProtocol> accepted, CarrierLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        limits ??= CarrierLimits.Default;
        if (await NegotiateAsync(context, accepted) is not { } protocol) return null;
        return Answer(context, await UpgradeAsync(context, protocol, limits), protocol, request, limits);
    }

    /// <summary>Checks the handshake and picks a version, changing nothing yet. Null where it was refused, which was then answered.</summary>
    /// <param name="context">The request.</param>
    /// <param name="accepted">The versions that this server takes.</param>
    public static async Task<RemoteCommandProtocol?> NegotiateAsync(HttpContext context, IReadOnlyCollection<RemoteCommandProtocol> accepted)
    {
        ArgumentNullException.ThrowIfNull(context);
        IHeaderDictionary headers = context.Request.Headers;
        if (!HttpMethods.IsGet(context.Request.Method))
            return await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "a WebSocket is opened by GET");
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true })
            return await RefuseAsync(context, StatusCodes.Status400BadRequest, "the request cannot be upgraded: HTTP/1.1 without a body is needed");
        if (headers.SecWebSocketVersion != WebSocketHandshake.Version)
        {
            context.Response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
            return await RefuseAsync(context, StatusCodes.Status400BadRequest, "missing or bad WebSocket version");
        }

        if (!WebSocketHandshake.IsKey(headers.SecWebSocketKey))
            return await RefuseAsync(context, StatusCodes.Status400BadRequest, "missing or bad Sec-WebSocket-Key");

        return SubprotocolNegotiation.Pick(SubprotocolNegotiation.Split(headers.SecWebSocketProtocol), accepted)
            ?? await RefuseAsync(context, StatusCodes.Status403Forbidden, "no common subprotocol: this server accepts " + string.Join(", ", accepted));
    }

    /// <summary>Answers 101 to a request that was negotiated.</summary>
    /// <param name="context">The request.</param>
    /// <param name="protocol">What <see cref="NegotiateAsync"/> picked.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <returns>The connection, which the caller owns; it goes with the request.</returns>
    public static async Task<Stream> UpgradeAsync(HttpContext context, RemoteCommandProtocol protocol, CarrierLimits limits)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(protocol);
        IHeaderDictionary answer = context.Response.Headers;
        answer.Upgrade = "websocket";
        answer.SecWebSocketAccept = WebSocketHandshake.ComputeAccept(context.Request.Headers.SecWebSocketKey!);
        if (protocol.Name.Length > 0) answer.SecWebSocketProtocol = protocol.Name;
        UnacknowledgedBytes.Bound(context, limits.PingTimeout);
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    /// <summary>Makes the answering side of an upgraded connection and sends its "connected" message.</summary>
    public static AnsweringSession Answer(HttpContext context, Stream stream, RemoteCommandProtocol protocol, RemoteCommandRequest request, CarrierLimits limits)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new AnsweringSession(WebSocketRemoteCommand.Answer(stream, protocol, request, limits, context.Abort, peerGone: context.RequestAborted), request);
    }

    static async Task<RemoteCommandProtocol?> RefuseAsync(HttpContext context, int code, string reason)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.Connection = "close";
        await context.Response.WriteAsync(reason + "\n", context.RequestAborted);
        return null;
    }
}
