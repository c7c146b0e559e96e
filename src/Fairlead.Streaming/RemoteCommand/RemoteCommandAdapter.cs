using System.IO.Pipelines;
using Fairlead.Wire;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>
/// One protocol version on one carrier, seen as the channels of a remote command. Adapters know framing, order and endings of
/// their version; what the channels mean is written once, in <see cref="AskingSession"/> and <see cref="AnsweringSession"/>.
/// </summary>
/// <remarks>
/// Every channel is bounded: a writer waits in <see cref="PipeWriter.FlushAsync"/> while its reader is slow. One reader and one
/// writer a channel at a time; different channels are independent, except that WebSocket has no flow control of its own, so that
/// one full inbound channel holds up the others behind it. A token passed to a pipe ends only that wait, never the carrier.
/// </remarks>
public abstract class RemoteCommandAdapter : IAsyncDisposable
{
    /// <summary>The version that was negotiated, and what it can say.</summary>
    public abstract RemoteCommandProtocol Protocol { get; }

    /// <summary>Carrier and version for people, for instance <c>WebSocket v5.channel.k8s.io</c>.</summary>
    public abstract string Description { get; }

    /// <summary>What the session's request said, which logs must not, and its credentials, which nobody is to be told.</summary>
    public WithheldWords Withheld { get; protected init; } = WithheldWords.None;

    /// <summary>
    /// What the peer sends on a channel. Ends (completed, no exception) at the peer's half-close and at an orderly end of the carrier;
    /// reading throws <see cref="SessionLostException"/> once what had arrived was read, when the carrier was lost.
    /// </summary>
    public abstract PipeReader GetReader(RemoteChannel channel);

    /// <summary>
    /// What this side sends on a channel. Completing it is the half-close, where the version has one.
    /// A flush reports <see cref="FlushResult.IsCompleted"/> when the peer takes no more.
    /// </summary>
    public abstract PipeWriter GetWriter(RemoteChannel channel);

    /// <summary>
    /// Completes, never faults, when nothing more will arrive: null after an orderly end by the peer, else why it was lost.
    /// </summary>
    public abstract Task<SessionLostException?> Ended { get; }

    /// <summary>What the peer said when it ended the carrier in order; empty before, and where it said nothing.</summary>
    internal virtual PeerText LastWords => default;

    /// <summary>The session at a server that outlives its carriers; null for what ends with its one.</summary>
    internal virtual Resumption.Answering.KeptSession? Kept => null;

    /// <summary>
    /// Ends the carrier in order: everything that was flushed is sent, then the version's close, then the peer's input is read and
    /// dropped until it closes too or the linger time is over.
    /// </summary>
    public abstract ValueTask CloseAsync();

    /// <summary>Cuts the carrier at once; what was not sent is lost. Waiting readers and writers see <paramref name="reason"/>.</summary>
    public abstract void Abort(SessionLostException reason);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
