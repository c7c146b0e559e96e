using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Server.Handshakes;

/// <summary>
/// A WebSocket that is asked for over HTTP/2 (extended CONNECT, RFC 8441). At each entrance it is made to read as the GET of HTTP/1.1 that
/// asks for the same. So every check behind the entrance is the same check, and none can be passed by the other way.
/// </summary>
public static class ExtendedConnect
{
    const string WebSocket = "websocket";

    /// <summary>
    /// Adopts such a request: its method becomes GET, it gets the headers <c>Connection: Upgrade</c> and <c>Upgrade: websocket</c>, and an
    /// <see cref="IHttpUpgradeFeature"/> that answers 200 where HTTP/1.1 has a 101. To be called first, before anything reads the request.
    /// </summary>
    /// <remarks>
    /// Any other request stays as it is. That holds for an extended CONNECT to another protocol, or with a length, too, which every
    /// entrance refuses as it refuses a CONNECT. A client cannot have sent those two headers itself: the web server refuses them over
    /// HTTP/2.
    /// </remarks>
    /// <returns>True where the request was adopted, now or before.</returns>
    public static bool Adopt(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (IsAdopted(context)) return true;
        if (context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true } connect) return false;
        if (!WebSocket.Equals(connect.Protocol, StringComparison.OrdinalIgnoreCase)) return false;
        if (context.Request.Headers.ContentLength is not null) return false; // it would end the session when so many bytes have come
        AdoptedConnect adopted = new(context, connect);
        context.Features.Set<IHttpUpgradeFeature>(adopted);
        context.Features.Set<IHttpExtendedConnectFeature>(adopted);
        context.Request.Method = HttpMethods.Get;
        context.Request.Headers.Connection = "Upgrade";
        context.Request.Headers.Upgrade = WebSocket;
        return true;
    }

    /// <summary>The request came as an extended CONNECT and was adopted.</summary>
    public static bool IsAdopted(HttpContext context) => Find(context) is not null;

    /// <summary>The client was told that it has what it asked for: by a 101, or by the 200 of an extended CONNECT.</summary>
    public static bool HasSwitched(HttpContext context) => Find(context) is { } adopted
        ? adopted.HasSwitched
        : context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols;

    static AdoptedConnect? Find(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<IHttpUpgradeFeature>() as AdoptedConnect;
    }
}
