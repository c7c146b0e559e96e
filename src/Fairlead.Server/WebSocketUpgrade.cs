using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;
using Microsoft.AspNetCore.Connections.Features;
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
        IHeaderDictionary headers = context.Request.Headers;
        if (!HttpMethods.IsGet(context.Request.Method))
            return await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "a WebSocket is opened by GET");
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
            return await RefuseAsync(context, StatusCodes.Status400BadRequest, "the request cannot be upgraded: HTTP/1.1 without a body is needed");
        if (headers.SecWebSocketVersion != WebSocketHandshake.Version)
        {
            context.Response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
            return await RefuseAsync(context, StatusCodes.Status400BadRequest, "missing or bad WebSocket version");
        }

        string? key = headers.SecWebSocketKey;
        if (!WebSocketHandshake.IsKey(key))
            return await RefuseAsync(context, StatusCodes.Status400BadRequest, "missing or bad Sec-WebSocket-Key");

        IReadOnlyList<string> offered = SubprotocolNegotiation.Split(headers.SecWebSocketProtocol);
        if (SubprotocolNegotiation.Pick(offered, accepted) is not { } protocol)
            return await RefuseAsync(context, StatusCodes.Status403Forbidden, "no common subprotocol: this server accepts " + string.Join(", ", accepted));

        IHeaderDictionary answer = context.Response.Headers;
        answer.Upgrade = "websocket";
        answer.SecWebSocketAccept = WebSocketHandshake.ComputeAccept(key);
        if (protocol.Name.Length > 0) answer.SecWebSocketProtocol = protocol.Name;
        BoundUnacknowledged(context, limits.PingTimeout);

        Stream stream = await upgrade.UpgradeAsync();
        return new AnsweringSession(WebSocketRemoteCommand.Answer(stream, protocol, request, limits, context.Abort, peerGone: context.RequestAborted), request);
    }

    static async Task<AnsweringSession?> RefuseAsync(HttpContext context, int code, string reason)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.Connection = "close";
        await context.Response.WriteAsync(reason + "\n", context.RequestAborted);
        return null;
    }

    /// <summary>
    /// A client whose host is gone while output waits for it acknowledges nothing: the kernel then gives the connection up in the same
    /// time in which a silent one is given up. A host that is there but does not read is not affected.
    /// </summary>
    static void BoundUnacknowledged(HttpContext context, TimeSpan timeout)
    {
        if (OperatingSystem.IsLinux() && context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
            socket.SetUserTimeout(timeout);
    }
}
