using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets;

/// <summary>The answering side of port-forward's legacy forms: every port of the request is a connection, asked for at once.</summary>
public sealed class ChannelAcceptor : PortForwardAcceptor
{
    readonly ForwardChannels _channels;
    int _accepted;

    /// <summary>Takes an upgraded connection over and announces the ports.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="protocol">One of the forms with channels.</param>
    /// <param name="ports">The ports of the request, 1 to <see cref="PortChannels.MostPorts"/> of them; one may stand there twice.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="cut">Cuts the connection at once; for a server whose stream does not do so when disposed.</param>
    /// <param name="time">The clock; the system's for null.</param>
    /// <param name="peerGone">Fires when the client is known to be gone; for a server whose stream drops writes then rather than
    /// fail.</param>
    public ChannelAcceptor(
        Stream stream, PortForwardProtocol protocol, IReadOnlyList<int> ports, CarrierLimits limits, Action? cut = null,
        TimeProvider? time = null,
        CancellationToken peerGone = default)
    {
        ArgumentNullException.ThrowIfNull(ports);
        Protocol = protocol;
        _channels = new ForwardChannels(stream, isServer: true, protocol, ports, limits, cut, time, peerGone);
    }

    /// <inheritdoc/>
    public override PortForwardProtocol Protocol { get; }

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _channels.Ended;

    /// <inheritdoc/>
    public override ValueTask<IncomingForward?> AcceptAsync(CancellationToken cancellationToken = default) =>
        new(_accepted < _channels.Ports.Length ? new Incoming(_channels.Ports[_accepted++]) : null);

    /// <inheritdoc/>
    public override async ValueTask CloseAsync() => await _channels.CloseAsync();

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _channels.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _channels.DisposeAsync();

    sealed class Incoming(ChannelPort port) : IncomingForward
    {
        public override int Port => port.Port;

        public override ForwardedStream Accept() => port.Stream;

        public override async ValueTask RefuseAsync(ForwardFault fault, string reason)
        {
            port.Stream.Abort(fault, reason);
            await port.Stream.DisposeAsync();
        }
    }
}
