namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>
/// What a receiver is besides whose messages each hold several records: it is given a message's bytes as they come, and asked for the next
/// message when there is room for it, so that whatever was said meanwhile goes in one frame.
/// </summary>
/// <remarks>Receiving is the read loop's, packing the write loop's.</remarks>
interface IPackedMessages : IWebSocketReceiver
{
    /// <summary>Bytes of the message in progress.</summary>
    /// <exception cref="SessionLostException">They break the protocol.</exception>
    void Take(ReadOnlySpan<byte> bytes);

    /// <summary>Where the next bytes belong, so that they need not be copied; empty where they must be looked at first.</summary>
    Memory<byte> Direct();

    /// <summary>So many bytes were written to where <see cref="Direct"/> said.</summary>
    void TakeDirect(int count);

    /// <summary>The message is whole.</summary>
    /// <exception cref="SessionLostException">It was cut.</exception>
    void EndMessage();

    /// <summary>Writes the next message.</summary>
    /// <returns>Its length; 0 where there is nothing to say: then <see cref="WebSocketCarrier.Ring"/> is owed for what comes.</returns>
    int Pack(Span<byte> room);

    /// <summary>What was packed last has gone out, or never will.</summary>
    void OnPacked(bool isSent);
}
