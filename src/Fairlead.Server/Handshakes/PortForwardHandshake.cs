using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.Spdy.PortForward;
using Fairlead.Streaming.WebSockets;
using Fairlead.Streaming.WebSockets.Conversations;
using Fairlead.Wire.PortForward;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Server.Handshakes;

/// <summary>Accepts a port-forward, in whatever form the client offers and the server takes.</summary>
public static class PortForwardHandshake
{
    const int ForwardedChannelBytes = 128 * 1024;

    /// <summary>
    /// Negotiates and upgrades. When the handshake is refused (403 for no common form, 400 or 405 for a bad one) the answer was
    /// written and null is returned.
    /// </summary>
    /// <param name="context">The request; its connection belongs to the acceptor until that is disposed.</param>
    /// <param name="ports">The ports of the query, for forms with channels.</param>
    /// <param name="accepted">The forms that this server takes.</param>
    /// <param name="limits">Bounds and deadlines; the defaults for null.</param>
    public static async Task<PortForwardAcceptor?> AcceptAsync(
        HttpContext context, IReadOnlyList<int> ports, IReadOnlyCollection<PortForwardProtocol> accepted, CarrierLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        limits ??= CarrierLimits.Default;
        if (await NegotiateAsync(context, accepted) is not { } protocol) return null;
        return Answer(context, await UpgradeAsync(context, protocol, limits), protocol, ports, limits);
    }

    /// <summary>Checks the handshake and picks a form, changing nothing yet. Null where it was refused, which was then answered.</summary>
    /// <param name="context">The request.</param>
    /// <param name="accepted">The forms that this server takes.</param>
    public static async Task<PortForwardProtocol?> NegotiateAsync(HttpContext context, IReadOnlyCollection<PortForwardProtocol> accepted)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (WebSocketUpgrade.IsRequested(context.Request))
            return await WebSocketAnswer.NegotiateAsync(
                context, offered => PortForwardProtocol.PickOverWebSocket(offered, accepted), accepted);
        string? name = await SpdyUpgrade.NegotiateAsync(
            context, accepted.Contains(PortForwardProtocol.Spdy) ? [PortForwardProtocol.Spdy.Name] : []);
        return name is null ? null : PortForwardProtocol.Spdy;
    }

    /// <summary>Answers 101 to a request that was negotiated.</summary>
    /// <param name="context">The request.</param>
    /// <param name="protocol">What <see cref="NegotiateAsync"/> picked.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <returns>The connection, which the caller owns; it goes with the request.</returns>
    public static Task<Stream> UpgradeAsync(HttpContext context, PortForwardProtocol protocol, CarrierLimits limits)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(limits);
        return protocol == PortForwardProtocol.Spdy
            ? SpdyUpgrade.UpgradeAsync(context, protocol.Name, limits)
            : WebSocketAnswer.UpgradeAsync(context, protocol.Name, limits.PingTimeout);
    }

    /// <summary>Makes the answering side of an upgraded connection.</summary>
    public static PortForwardAcceptor Answer(
        HttpContext context, Stream stream, PortForwardProtocol protocol, IReadOnlyList<int> ports, CarrierLimits limits)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(limits);
        limits = SessionLimits.Of(context, limits);
        if (protocol == PortForwardProtocol.Conversations)
            return new ConversationAcceptor(stream, limits, context.Abort, peerGone: context.RequestAborted);
        if (protocol == PortForwardProtocol.Direct)
            return new DirectAcceptor(stream, limits, context.Abort, peerGone: context.RequestAborted);
        if (protocol.HasChannels)
            return new ChannelAcceptor(stream, protocol, ports, limits, context.Abort, peerGone: context.RequestAborted);

        // Two streams a connection, and browsers open many; what waits for a slow one is bounded by the smaller channel.
        limits = limits with
        {
            ChannelBytes = Math.Min(limits.ChannelBytes, ForwardedChannelBytes),
            Spdy = limits.Spdy with { Streams = limits.Spdy.Streams * 4 },
        };
        return new SpdyForwardAcceptor(stream, protocol, limits, context.Abort, peerGone: context.RequestAborted);
    }
}
