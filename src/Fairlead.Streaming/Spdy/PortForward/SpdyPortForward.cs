using System.Globalization;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.Spdy.PortForward;

/// <summary>
/// The asking side of <c>portforward.k8s.io</c>, over SPDY/3.1 or in a WebSocket tunnel: one carrier for all connections.
/// </summary>
/// <remarks>SPDY peers have no flow control: a connection that is not read holds up the others of its carrier once its bounds are
/// full.</remarks>
public sealed class SpdyPortForward : PortForwardAdapter
{
    readonly SpdyConnection _connection;
    readonly CarrierLimits _limits;
    readonly TimeProvider _time;
    readonly TunnelStream? _tunnel;
    readonly HashSet<SpdyForward> _open = [];
    long _requests;

    /// <summary>Takes an upgraded connection over.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="protocol"><see cref="PortForwardProtocol.Spdy"/> or <see cref="PortForwardProtocol.Tunnel"/>.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="time">The clock; the system's for null.</param>
    public SpdyPortForward(Stream stream, PortForwardProtocol protocol, CarrierLimits limits, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (Protocol, _limits, _time) = (protocol, limits, time ?? TimeProvider.System);
        if (protocol == PortForwardProtocol.Tunnel) _tunnel = new TunnelStream(stream, isServer: false, _time);
        _connection = new SpdyConnection(_tunnel ?? stream, isServer: false, acceptor: null, limits, cut: null, _time);
    }

    /// <inheritdoc/>
    public override PortForwardProtocol Protocol { get; }

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _connection.Ended;

    /// <inheritdoc/>
    public override async ValueTask<ForwardedStream> OpenAsync(int port, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)port, ushort.MaxValue, nameof(port));
        string id = (Interlocked.Increment(ref _requests) - 1).ToString(CultureInfo.InvariantCulture);
        SpdyForward forward = SpdyForward.Ask(_connection, port, id, _tunnel);
        try
        {
            await forward.WaitForRepliesAsync(_limits.StreamTimeout, _time, cancellationToken);
        }
        catch (SessionLostException e) when (!_connection.Ended.IsCompleted)
        {
            await GiveUpAsync(forward);
            throw e.InnerException as ForwardResetException ?? new ForwardResetException(ForwardFault.Unspecified, e.Message, e);
        }
        catch
        {
            await GiveUpAsync(forward);
            throw;
        }

        lock (_open) _open.Add(forward);
        _ = forward.Released.ContinueWith(
            _ =>
            {
                lock (_open) _open.Remove(forward);
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return forward.Stream;
    }

    static ValueTask GiveUpAsync(SpdyForward forward)
    {
        forward.Stream.Abort();
        return forward.Stream.DisposeAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask CloseAsync()
    {
        SpdyForward[] open;
        lock (_open) open = [.. _open];
        foreach (SpdyForward forward in open) forward.Stream.Abort(); // a Go peer keeps a connection for as long as it has a stream
        await _connection.CloseAsync();
    }

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _connection.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _connection.DisposeAsync();
}
