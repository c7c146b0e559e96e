using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets;

/// <summary>The answering side of <c>portforward.fairlead.v1</c>: one carrier, one connection.</summary>
public sealed class DirectAcceptor : PortForwardAcceptor
{
    readonly DirectConnection _connection;
    bool _accepted;

    /// <summary>Takes an upgraded connection over.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="cut">Cuts the connection at once; for a server whose stream does not do so when disposed.</param>
    /// <param name="time">The clock; the system's for null.</param>
    /// <param name="peerGone">Fires when the client is known to be gone; for a server whose stream drops writes then rather than
    /// fail.</param>
    public DirectAcceptor(Stream stream, CarrierLimits limits, Action? cut = null, TimeProvider? time = null,
        CancellationToken peerGone = default) =>
        _connection = new DirectConnection(stream, isServer: true, limits, cut, time, peerGone);

    /// <inheritdoc/>
    public override PortForwardProtocol Protocol => PortForwardProtocol.Direct;

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _connection.Ended;

    /// <inheritdoc/>
    public override async ValueTask<IncomingForward?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (_accepted) return null;
        try
        {
            int port = await _connection.Asked.WaitAsync(cancellationToken);
            _accepted = true;
            return new Incoming(_connection, port);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null; // the client left without asking
        }
    }

    /// <inheritdoc/>
    public override async ValueTask CloseAsync() => await _connection.CloseAsync();

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _connection.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _connection.DisposeAsync();

    sealed class Incoming(DirectConnection connection, int port) : IncomingForward
    {
        public override int Port => port;

        public override ForwardedStream Accept()
        {
            connection.Accept();
            return connection.Stream;
        }

        public override async ValueTask RefuseAsync(ForwardFault fault, string reason)
        {
            connection.Refuse(fault, reason);
            await connection.CloseAsync();
        }
    }
}
