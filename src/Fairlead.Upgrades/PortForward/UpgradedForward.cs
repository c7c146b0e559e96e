using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.Spdy.PortForward;
using Fairlead.Streaming.WebSockets;
using Fairlead.Streaming.WebSockets.Conversations;
using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Upgrades.PortForward;

/// <summary>
/// A connection that a server has upgraded for port-forward, before a session is made of it. Whoever holds it owns the stream.
/// </summary>
public sealed record UpgradedForward
{
    readonly PortForwardDialer _dialer;
    readonly int _port;

    internal UpgradedForward(PortForwardDialer dialer, Stream stream, PortForwardProtocol protocol, int port, WithheldWords withheld) =>
        (_dialer, Stream, Protocol, _port, Withheld) = (dialer, stream, protocol, port, withheld);

    /// <summary>Everything behind the answer's head.</summary>
    public Stream Stream { get; }

    /// <summary>The form that the server chose.</summary>
    public PortForwardProtocol Protocol { get; }

    /// <inheritdoc cref="ForwardSession.FellBack"/>
    public string? FellBack { get; init; }

    /// <inheritdoc cref="RemoteCommand.UpgradedConnection.IsShared"/>
    public bool IsShared { get; init; }

    /// <summary>What the request said and logs must not, with its credentials, which nobody is to be told.</summary>
    public WithheldWords Withheld { get; }

    /// <summary>Makes a session of it, which owns the stream from here on, and of as many carriers more as its form needs.</summary>
    /// <param name="handOut">What its user is given for each connection, for instance one that counts; null for the connection
    /// itself. What it returns owns the connection.</param>
    public ForwardSession Open(Func<ForwardedStream, ForwardedStream>? handOut = null)
    {
        PortForwardAdapter first = Carry();
        PortForwardUpgrade request = _dialer.Request;
        IForwardCarriers carriers = Protocol.CarriesMany
            ? new SharedCarrier(first)
            : new SingleCarriers(first, _port, DialAsync, request.Options.Reserve);
        return new ForwardSession(carriers, handOut)
        {
            FellBack = FellBack,
        };

        async Task<PortForwardAdapter> DialAsync(int port, CancellationToken cancellationToken) =>
            (await _dialer.DialAsync([Protocol], port, cancellationToken)).Carry();
    }

    /// <summary>Makes one carrier of it, which owns the stream from here on.</summary>
    internal PortForwardAdapter Carry()
    {
        CarrierLimits limits = _dialer.Request.Limits with { Withheld = Withheld };
        return Protocol == PortForwardProtocol.Conversations ? new ConversationPortForward(Stream, limits)
            : Protocol == PortForwardProtocol.Direct ? new DirectPortForward(Stream, limits)
            : Protocol.HasChannels ? new ChannelPortForward(Stream, Protocol, _port, limits)
            : new SpdyPortForward(Stream, Protocol, limits);
    }
}
