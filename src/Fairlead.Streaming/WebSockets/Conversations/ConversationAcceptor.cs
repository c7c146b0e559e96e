using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>The answering side of <c>portforward.fairlead.v2</c>.</summary>
public sealed class ConversationAcceptor : PortForwardAcceptor
{
    readonly ConversationSet _set;

    /// <summary>Takes an upgraded connection over.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="cut">Cuts the connection at once; for a server whose stream does not do so when disposed.</param>
    /// <param name="time">The clock; the system's for null.</param>
    /// <param name="peerGone">Fires when the client is known to be gone; for a server whose stream drops writes then rather than
    /// fail.</param>
    public ConversationAcceptor(Stream stream, CarrierLimits limits, Action? cut = null, TimeProvider? time = null,
        CancellationToken peerGone = default) =>
        _set = new ConversationSet(stream, isServer: true, limits, cut, time, peerGone);

    /// <inheritdoc/>
    public override PortForwardProtocol Protocol => PortForwardProtocol.Conversations;

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _set.Ended;

    /// <summary>Conversations that are not over on the wire.</summary>
    internal int Open => _set.Open;

    /// <summary>What the windows of all conversations come to.</summary>
    internal long Windows => _set.Windows;

    /// <inheritdoc/>
    public override async ValueTask<IncomingForward?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _set.Incoming.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_set.Incoming.Reader.TryRead(out Conversation? conversation)) return new Asked(conversation);
        }

        return null;
    }

    /// <inheritdoc/>
    public override async ValueTask CloseAsync() => await _set.CloseAsync();

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _set.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _set.DisposeAsync();

    sealed class Asked(Conversation conversation) : IncomingForward
    {
        public override int Port => conversation.Port;

        public override ForwardedStream Accept()
        {
            conversation.Accept();
            return conversation.Stream;
        }

        public override ValueTask RefuseAsync(ForwardFault fault, string reason)
        {
            conversation.Refuse(fault, reason);
            return default;
        }
    }
}
