using Fairlead.Server.Answers;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Streaming.Spdy;
using Fairlead.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Fairlead.Server.Handshakes;

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
        if (await NegotiateAsync(context, accepted) is not { } protocol) return null;
        return await AnswerAsync(context, await UpgradeAsync(context, protocol, limits), protocol, request, limits);
    }

    /// <summary>
    /// Checks the handshake and picks a version, changing nothing yet. Null where it was refused, which was then answered.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="accepted">The versions that this server takes, the best first.</param>
    public static async Task<RemoteCommandProtocol?> NegotiateAsync(HttpContext context, IReadOnlyList<RemoteCommandProtocol> accepted)
    {
        ArgumentNullException.ThrowIfNull(context);
        string? name = await NegotiateAsync(context, [.. accepted.Select(static protocol => protocol.Name)]);
        return accepted.FirstOrDefault(protocol => protocol.Name == name);
    }

    /// <summary>The same by names, for other protocols.</summary>
    internal static async Task<string?> NegotiateAsync(HttpContext context, IReadOnlyList<string> accepted)
    {
        if (!UpgradeMethods.Allows(context.Request, isWebSocket: false))
        {
            context.Response.Headers.Allow = UpgradeMethods.OfSpdy;
            const string byMethod = "unable to upgrade: SPDY/3.1 is asked for by POST or GET";
            await TextAnswer.CloseAsync(context, StatusCodes.Status405MethodNotAllowed, byMethod);
            return null;
        }

        SpdyNegotiation negotiation = UpgradeMethods.IsUpgradable(context)
            ? SpdyHandshake.Negotiate(context.Request.Headers[SpdyHandshake.VersionHeader], accepted)
            : SpdyHandshake.MissingUpgrade(context.Request.Headers.Connection, context.Request.Headers.Upgrade);
        if (negotiation.Name is null)
        {
            if (!negotiation.AcceptedVersions.IsEmpty)
                context.Response.Headers[SpdyHandshake.AcceptedVersionsHeader] = new StringValues([.. negotiation.AcceptedVersions]);
            await TextAnswer.CloseAsync(context, negotiation.StatusCode, negotiation.Text);
        }

        return negotiation.Name;
    }

    /// <summary>Answers 101 to a request that was negotiated.</summary>
    /// <param name="context">The request.</param>
    /// <param name="protocol">What <see cref="NegotiateAsync(HttpContext, IReadOnlyList{RemoteCommandProtocol})"/> picked.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <returns>The connection, which the caller owns; it goes with the request.</returns>
    public static async Task<Stream> UpgradeAsync(HttpContext context, RemoteCommandProtocol protocol, CarrierLimits limits)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(limits);
        return await UpgradeAsync(context, protocol.Name, limits);
    }

    internal static async Task<Stream> UpgradeAsync(HttpContext context, string name, CarrierLimits limits)
    {
        context.Response.Headers.Upgrade = SpdyHandshake.Upgrade;
        context.Response.Headers[SpdyHandshake.VersionHeader] = name;
        UnacknowledgedBytes.Bound(context, limits.PingTimeout);
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    /// <summary>
    /// Makes the answering side of an upgraded connection: waits until the client has opened its streams. Null where it did not.
    /// </summary>
    public static async Task<AnsweringSession?> AnswerAsync(
        HttpContext context, Stream stream, RemoteCommandProtocol protocol, RemoteCommandRequest request, CarrierLimits limits)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return new AnsweringSession(
                await SpdyRemoteCommand.AnswerAsync(
                stream, protocol, request, SessionLimits.Of(context, limits), context.Abort, peerGone: context.RequestAborted), request);
        }
        catch (SessionLostException)
        {
            return null; // nothing was started, and the client was told by the GOAWAY or is gone
        }
    }
}
