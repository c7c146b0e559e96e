using Fairlead.Server.Answers;
using Fairlead.Streaming.WebSockets;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Server.Handshakes;

/// <summary>The server's half of a WebSocket handshake, whatever is spoken afterwards.</summary>
static class WebSocketAnswer
{
    /// <summary>
    /// Checks the request and has a subprotocol picked, changing nothing yet. A refusal (403 for no common subprotocol, 400 or 405 for
    /// a bad request) was answered, and null is returned.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="pick">Picks one of the offered names; null where none is accepted.</param>
    /// <param name="accepted">What is accepted, for the refusal.</param>
    internal static async Task<T?> NegotiateAsync<T>(HttpContext context, Func<IReadOnlyList<string>, T?> pick, IEnumerable<T> accepted)
        where T : class
    {
        IHeaderDictionary headers = context.Request.Headers;
        if (!UpgradeMethods.Allows(context.Request, isWebSocket: true))
        {
            context.Response.Headers.Allow = UpgradeMethods.OfWebSocket;
            return await RefuseAsync<T>(context, StatusCodes.Status405MethodNotAllowed, "a WebSocket is opened by GET");
        }

        if (!UpgradeMethods.IsUpgradable(context))
            return await RefuseAsync<T>(context, StatusCodes.Status400BadRequest,
                "the request cannot be upgraded: HTTP/1.1 without a body is needed");
        if (headers.SecWebSocketVersion != WebSocketHandshake.Version)
        {
            context.Response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
            return await RefuseAsync<T>(context, StatusCodes.Status400BadRequest, "missing or bad WebSocket version");
        }

        // over HTTP/2 there is none: a stream cannot be taken for an answer that somebody kept (RFC 8441 section 5)
        if (!ExtendedConnect.IsAdopted(context) && !WebSocketHandshake.IsKey(headers.SecWebSocketKey))
            return await RefuseAsync<T>(context, StatusCodes.Status400BadRequest, "missing or bad Sec-WebSocket-Key");

        return pick(SubprotocolNegotiation.Split(headers.SecWebSocketProtocol))
            ?? await RefuseAsync<T>(context, StatusCodes.Status403Forbidden,
                "no common subprotocol: this server accepts " + string.Join(", ", accepted));
    }

    /// <summary>Answers 101, or 200 to an extended CONNECT, to a request that was negotiated.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The subprotocol; empty for none.</param>
    /// <param name="unacknowledged">How long sent bytes may stay without acknowledgement.</param>
    /// <returns>The connection, which the caller owns; it goes with the request.</returns>
    internal static async Task<Stream> UpgradeAsync(HttpContext context, string name, TimeSpan unacknowledged)
    {
        IHeaderDictionary answer = context.Response.Headers;
        if (!ExtendedConnect.IsAdopted(context))
        {
            answer.Upgrade = "websocket";
            answer.SecWebSocketAccept = WebSocketHandshake.ComputeAccept(context.Request.Headers.SecWebSocketKey!);
        }

        if (name.Length > 0) answer.SecWebSocketProtocol = name;
        UnacknowledgedBytes.Bound(context, unacknowledged);
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    static async Task<T?> RefuseAsync<T>(HttpContext context, int code, string reason)
        where T : class
    {
        await TextAnswer.CloseAsync(context, code, reason);
        return null;
    }
}
