using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Spdy;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Fairlead.Server;

/// <summary>Accepts a remote command over SPDY/3.1, for clients that speak nothing newer. By GET or POST.</summary>
public static class SpdyUpgrade
{
    /// <summary>True when the request asks for SPDY/3.1, as Kubernetes servers judge it.</summary>
    public static bool IsRequested(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return SpdyHandshake.IsRequested(request.Headers.Connection, request.Headers.Upgrade);
    }

    /// <summary>
    /// Negotiates, upgrades, and waits until the client has opened its streams. When the handshake is refused (403 with what this server
    /// accepts, 400 for a bad one) the answer was written and null is returned; so it is when the client did not open its streams.
    /// </summary>
    /// <param name="context">The request; its connection belongs to the session until that is disposed.</param>
    /// <param name="request">What was asked for, checked before.</param>
    /// <param name="accepted">The versions that this server takes, the best first.</param>
    /// <param name="limits">Bounds and deadlines; the defaults for null.</param>
    public static async Task<AnsweringSession?> AcceptAsync(
        HttpContext context, RemoteCommandRequest request, IReadOnlyList<RemoteCommandProtocol> accepted, CarrierLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        limits ??= CarrierLimits.Default;
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
            return await RefuseAsync(context, SpdyHandshake.MissingUpgrade(context.Request.Headers.Connection, context.Request.Headers.Upgrade));

        SpdyNegotiation negotiation = SpdyHandshake.Negotiate(context.Request.Headers[SpdyHandshake.VersionHeader], accepted);
        if (negotiation.Protocol is not { } protocol) return await RefuseAsync(context, negotiation);

        context.Response.Headers.Upgrade = SpdyHandshake.Upgrade;
        context.Response.Headers[SpdyHandshake.VersionHeader] = protocol.Name;
        UnacknowledgedBytes.Bound(context, limits.PingTimeout);
        Stream stream = await upgrade.UpgradeAsync();
        try
        {
            return new AnsweringSession(await SpdyRemoteCommand.AnswerAsync(stream, protocol, request, limits, context.Abort, peerGone: context.RequestAborted), request);
        }
        catch (SessionLostException)
        {
            return null; // nothing was started, and the client was told by the GOAWAY or is gone
        }
    }

    static async Task<AnsweringSession?> RefuseAsync(HttpContext context, SpdyNegotiation refusal)
    {
        context.Response.StatusCode = refusal.StatusCode;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.Connection = "close";
        if (!refusal.AcceptedVersions.IsEmpty) context.Response.Headers[SpdyHandshake.AcceptedVersionsHeader] = new StringValues([.. refusal.AcceptedVersions]);
        await context.Response.WriteAsync(refusal.Text + "\n", context.RequestAborted);
        return null;
    }
}
