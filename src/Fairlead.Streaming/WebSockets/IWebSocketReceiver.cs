namespace Fairlead.Streaming.WebSockets;

/// <summary>
/// What a subprotocol does with the messages of a WebSocket. Called by the read loop, one call at a time, where nothing else is said.
/// </summary>
interface IWebSocketReceiver
{
    /// <summary>
    /// A message begins; its first byte is read. The rest goes into the channel that is returned, or is dropped for null.
    /// Control messages and base64, which must be whole to be understood, ask for <see cref="MessageTarget.Whole"/>.
    /// </summary>
    MessageTarget Begin(byte first);

    /// <summary>
    /// A whole message for which <see cref="MessageTarget.Whole"/> was asked, without its first byte. May be overwritten.
    /// </summary>
    /// <exception cref="SessionLostException">The message breaks the protocol: the session ends with a close that says so.</exception>
    ValueTask ReceiveAsync(byte first, Memory<byte> payload);

    /// <summary>What a message that begins with this byte is, for the log.</summary>
    string NameOf(byte first);

    /// <summary>The carrier was cut: the read loop must not wait for a consumer any longer. Called from any thread.</summary>
    void OnCut();

    /// <summary>Nothing more will come: null after an orderly close by the peer, else why.</summary>
    void OnEnded(SessionLostException? loss);
}

/// <summary>Where the rest of a message goes.</summary>
/// <param name="Channel">The channel that takes it; null to drop it.</param>
/// <param name="Limit">Hold it until it is whole, at most so many bytes; 0 to pass it on as it comes.</param>
readonly record struct MessageTarget(InboundChannel? Channel, int Limit)
{
    internal static MessageTarget Drop => default;

    internal static MessageTarget To(InboundChannel channel) => new(channel, 0);

    internal static MessageTarget Whole(int limit) => new(null, limit);
}
