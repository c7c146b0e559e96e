using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets;

/// <summary>The asking side of port-forward's legacy forms: one WebSocket for one connection to the port that its request names.</summary>
public sealed class ChannelPortForward : PortForwardAdapter
{
    readonly ForwardChannels _channels;
    readonly CarrierLimits _limits;
    readonly TimeProvider _time;
    int _opened;

    /// <summary>Takes an upgraded connection over.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="protocol">One of the forms with channels.</param>
    /// <param name="port">The port that the request named.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="time">The clock; the system's for null.</param>
    public ChannelPortForward(Stream stream, PortForwardProtocol protocol, int port, CarrierLimits limits, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (Protocol, _limits, _time) = (protocol, limits, time ?? TimeProvider.System);
        _channels = new ForwardChannels(stream, isServer: false, protocol, [port], limits, stream.Dispose, time);
    }

    /// <inheritdoc/>
    public override PortForwardProtocol Protocol { get; }

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _channels.Ended;

    /// <inheritdoc/>
    /// <remarks>The port must be the request's. The stream owns the carrier from here on: disposing it is enough.</remarks>
    public override async ValueTask<ForwardedStream> OpenAsync(int port, CancellationToken cancellationToken = default)
    {
        if (port != _channels.Ports[0].Port)
            throw new ArgumentException($"This carrier is one to port {_channels.Ports[0].Port}.", nameof(port));
        if (Interlocked.Exchange(ref _opened, 1) != 0) throw new InvalidOperationException("This carrier has had its connection.");
        try
        {
            await _channels.Started.WaitAsync(_limits.StreamTimeout, _time, cancellationToken);
            return _channels.Ports[0].Stream;
        }
        catch (Exception e) when (e is not SessionLostException) // one that is lost ends by itself, and may still tell the server why
        {
            _channels.Abort(new SessionLostException(SessionLoss.LocalAbort, "The server did not begin.", e));
            if (e is TimeoutException)
                throw new SessionLostException(SessionLoss.ProtocolError, "The server did not announce the port in time.", e);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask CloseAsync() => await _channels.CloseAsync();

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _channels.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _channels.DisposeAsync();
}
