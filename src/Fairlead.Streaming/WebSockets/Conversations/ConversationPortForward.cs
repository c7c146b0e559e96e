using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>The asking side of <c>portforward.fairlead.v2</c>: one carrier for all connections, each with a window of its own.</summary>
public sealed class ConversationPortForward : PortForwardAdapter
{
    readonly ConversationSet _set;

    /// <summary>Takes an upgraded connection over.</summary>
    /// <param name="stream">The connection after the upgrade; owned from here on.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="time">The clock; the system's for null.</param>
    public ConversationPortForward(Stream stream, CarrierLimits limits, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _set = new ConversationSet(stream, isServer: false, limits, stream.Dispose, time);
    }

    /// <inheritdoc/>
    public override PortForwardProtocol Protocol => PortForwardProtocol.Conversations;

    /// <inheritdoc/>
    public override Task<SessionLostException?> Ended => _set.Ended;

    /// <summary>Conversations that are not over on the wire.</summary>
    internal int Open => _set.Open;

    /// <summary>What the windows of all conversations come to.</summary>
    internal long Windows => _set.Windows;

    /// <inheritdoc/>
    public override async ValueTask<ForwardedStream> OpenAsync(int port, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)port, ushort.MaxValue, nameof(port));
        Conversation conversation = _set.Ask(port);
        ForwardResetException? refusal;
        try
        {
            refusal = await conversation.Answer.WaitAsync(cancellationToken);
        }
        catch
        {
            conversation.Reset(ForwardFault.Aborted, "The client no longer wants the connection.");
            conversation.Release();
            throw;
        }

        if (refusal is null) return conversation.Stream;
        conversation.Release();
        throw refusal.InnerException as SessionLostException ?? (IOException)refusal;
    }

    /// <inheritdoc/>
    public override async ValueTask CloseAsync() => await _set.CloseAsync();

    /// <inheritdoc/>
    public override void Abort(SessionLostException reason) => _set.Abort(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _set.DisposeAsync();
}
