using System.Threading.Channels;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;
using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy.PortForward;

/// <summary>The answering side of <c>portforward.k8s.io</c>, over SPDY/3.1 or in a WebSocket tunnel.</summary>
public sealed class SpdyForwardAcceptor : PortForwardAcceptor, ISpdyAcceptor
{
    // bounded by the streams
    readonly Channel<Incoming> _incoming = Channel.CreateUnbounded<Incoming>(new UnboundedChannelOptions { SingleReader = true });
    readonly Dictionary<string, Half> _halves = [];
    readonly SpdyConnection _connection;
    readonly CarrierLimits _limits;
    readonly TimeProvider _time;
    readonly TunnelStream? _tunnel;
    readonly Task _watching;

    /// <summary>Takes an upgraded connection over.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="protocol"><see cref="PortForwardProtocol.Spdy"/> or <see cref="PortForwardProtocol.Tunnel"/>.</param>
    /// <param name="limits">Bounds and deadlines; two streams a connection.</param>
    /// <param name="cut">Cuts the connection at once; for a server whose stream does not do so when disposed.</param>
    /// <param name="time">The clock; the system's for null.</param>
    /// <param name="peerGone">Fires when the client is known to be gone; for a server whose stream drops writes then rather than
    /// fail.</param>
    public SpdyForwardAcceptor(
        Stream stream, PortForwardProtocol protocol, CarrierLimits limits, Action? cut = null, TimeProvider? time = null,
        CancellationToken peerGone = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (Protocol, _limits, _time) = (protocol, limits, time ?? TimeProvider.System);
        if (protocol == PortForwardProtocol.Tunnel) _tunnel = new TunnelStream(stream, isServer: true, _time);
        _connection = new SpdyConnection(_tunnel ?? stream, isServer: true, this, limits, cut, _time, peerGone);
        _watching = WatchAsync();
    }

    /// <inheritdoc/>
    public override PortForwardProtocol Protocol { get; }

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _connection.Ended;

    /// <inheritdoc/>
    public override async ValueTask<IncomingForward?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _incoming.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_incoming.Reader.TryRead(out Incoming? incoming)) return incoming;
        }

        return null;
    }

    /// <inheritdoc/>
    public override ValueTask CloseAsync() => _connection.CloseAsync();

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _connection.Abort(reason);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _watching;
    }

    bool ISpdyAcceptor.Accept(SpdyStream stream)
    {
        if (!SpdyForwardHeaders.TryRead(stream, out SpdyForwardHeaders headers)) return false;
        Half? other;
        lock (_halves)
        {
            if (!_halves.Remove(headers.RequestId, out other))
            {
                _halves.Add(headers.RequestId, new Half(this, stream, headers));
                if (headers.IsError) stream.Discard();
                return true;
            }

            if (other.Headers.IsError == headers.IsError || other.Headers.Port != headers.Port)
            {
                _halves.Add(headers.RequestId, other);
                return false;
            }
        }

        other.Timer.Dispose();
        SpdyForward forward = headers.IsError
            ? SpdyForward.Answer(other.Stream, stream, headers.TakesText, _tunnel)
            : SpdyForward.Answer(stream, other.Stream, other.Headers.TakesText, _tunnel);
        _incoming.Writer.TryWrite(new Incoming(forward, headers.Port));
        return true;
    }

    void ISpdyAcceptor.OnGoAway() => _incoming.Writer.TryComplete();

    async Task WatchAsync()
    {
        await _connection.Ended;
        _incoming.Writer.TryComplete();
        lock (_halves)
        {
            foreach (Half half in _halves.Values) half.Timer.Dispose();
            _halves.Clear();
        }
    }

    /// <summary>A stream whose other did not come.</summary>
    void Forget(Half half)
    {
        lock (_halves)
        {
            if (!_halves.Remove(half.Headers.RequestId, out Half? waiting)) return;
            if (waiting != half)
            {
                _halves.Add(half.Headers.RequestId, waiting);
                return;
            }
        }

        half.Timer.Dispose();
        half.Stream.Reset(SpdyResetStatus.Cancel);
    }

    sealed class Half
    {
        internal Half(SpdyForwardAcceptor acceptor, SpdyStream stream, SpdyForwardHeaders headers)
        {
            (Stream, Headers) = (stream, headers);
            Timer = acceptor._time.CreateTimer(_ => acceptor.Forget(this), null, acceptor._limits.StreamTimeout, Timeout.InfiniteTimeSpan);
        }

        internal SpdyStream Stream { get; }

        internal SpdyForwardHeaders Headers { get; }

        internal ITimer Timer { get; }
    }

    sealed class Incoming(SpdyForward forward, int port) : IncomingForward
    {
        public override int Port => port;

        public override ForwardedStream Accept() => forward.Stream;

        public override ValueTask RefuseAsync(ForwardFault fault, string reason)
        {
            forward.Stream.Abort(fault, reason);
            return forward.Stream.DisposeAsync();
        }
    }
}
