using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets;

/// <summary>The asking side of <c>portforward.fairlead.v1</c>: one carrier, one connection.</summary>
public sealed class DirectPortForward : PortForwardAdapter
{
    readonly DirectConnection _connection;
    int _opened;

    /// <summary>Takes an upgraded connection over; no port is asked for yet.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="time">The clock; the system's for null.</param>
    public DirectPortForward(Stream stream, CarrierLimits limits, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _connection = new DirectConnection(stream, isServer: false, limits, stream.Dispose, time);
    }

    /// <inheritdoc/>
    public override PortForwardProtocol Protocol => PortForwardProtocol.Direct;

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _connection.Ended;

    /// <inheritdoc/>
    /// <remarks>The stream owns the carrier from here on: disposing it is enough.</remarks>
    public override async ValueTask<ForwardedStream> OpenAsync(int port, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)port, ushort.MaxValue, nameof(port));
        if (Interlocked.Exchange(ref _opened, 1) != 0) throw new InvalidOperationException("This carrier has had its connection.");
        _connection.Open(port);
        ForwardResetException? refusal;
        try
        {
            refusal = await _connection.Answer.WaitAsync(cancellationToken);
        }
        catch
        {
            _connection.Reset(ForwardFault.Aborted, "The client no longer wants the connection.");
            throw;
        }

        if (refusal is null) return _connection.Stream;
        await _connection.DisposeAsync();
        throw refusal.InnerException as SessionLostException ?? (IOException)refusal;
    }

    /// <inheritdoc/>
    public override async ValueTask CloseAsync() => await _connection.CloseAsync();

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _connection.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _connection.DisposeAsync();
}
