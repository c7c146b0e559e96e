using Fairlead.Wire;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.Relays;

/// <summary>
/// What the messages mean that pass a <see cref="WebSocketSplice"/>: how the session goes, and whether it has ended. One for each protocol
/// that is spliced, and for one session. The splice calls one method of a direction at a time; both directions go on at once.
/// </summary>
public interface ISpliceObserver : IDisposable
{
    /// <summary>The session has ended in order: whoever leaves now is expected to.</summary>
    bool IsOver { get; }

    /// <summary>What the server ended it with; null before, and where the protocol has none.</summary>
    Status? Final { get; }

    /// <summary>A name for the log.</summary>
    string NameOf(byte first);

    /// <summary>Payload of the client's has come; <paramref name="frames"/> can unmask it.</summary>
    void SeeInput(byte first, ReadOnlySpan<byte> payload, WebSocketFrameObserver frames);

    /// <summary>A message of the client's is whole. Nothing to do where a message says one thing only.</summary>
    void SeeInputEnd()
    {
        // most protocols have no need of it
    }

    /// <summary>The client closes: it sends nothing more.</summary>
    void SeeInputClose();

    /// <summary>Payload of the server's has come.</summary>
    /// <exception cref="FormatException">It is longer than it may be.</exception>
    void SeeOutput(byte first, ReadOnlySpan<byte> payload);

    /// <summary>A message of the server's is whole.</summary>
    /// <exception cref="FormatException">It is not what a message may be.</exception>
    void SeeOutputEnd()
    {
        // as above
    }

    /// <summary>Messages that begin so are kept back until they are whole, and then asked about.</summary>
    bool IsKept(byte first);

    /// <summary>
    /// What is sent in the place of the message that was kept back: nothing for an empty memory, the message as it is for null.
    /// </summary>
    ReadOnlyMemory<byte>? Amend();

    /// <summary>
    /// The message by which the server is told that the relay ends the session for this reason; empty where the end of its connection
    /// says it.
    /// </summary>
    ReadOnlyMemory<byte> Farewell(Status reason) => default;

    /// <summary>The message that tells the client of a failure; empty where no message can, and the Close alone has to tell it.</summary>
    ReadOnlyMemory<byte> Tell(Status failure);
}
