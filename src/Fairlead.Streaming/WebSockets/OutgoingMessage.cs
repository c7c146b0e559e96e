using System.Net.WebSockets;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Streaming.WebSockets;

/// <summary>One message on its way to the write loop.</summary>
/// <param name="Memory">The message, whole: it goes out as one frame, since Go servers read a fragment as a message of its own.</param>
/// <param name="Type">Binary, or text for base64.</param>
/// <param name="Buffer">What to give back when it was sent; empty for constants.</param>
/// <param name="Owner">Whom to tell that it was sent.</param>
readonly record struct OutgoingMessage(
    ReadOnlyMemory<byte> Memory, WebSocketMessageType Type, MessageBuffer Buffer, ChannelPipeWriter? Owner)
{
    /// <summary>Asked for the message when its turn comes, and again until it has none; then the rest of this says nothing.</summary>
    internal IMessageSource? Source { get; private init; }

    /// <summary>The place in the queue of somebody who makes messages when they can be sent.</summary>
    internal static OutgoingMessage From(IMessageSource source) =>
        new(default, WebSocketMessageType.Binary, default, null) { Source = source };

    /// <summary>One channel's payload behind its channel byte: binary, or as base64 text in a buffer of its own.</summary>
    internal static OutgoingMessage OfChannel(byte channel, MessageBuffer payload, bool isBase64, ChannelPipeWriter owner)
    {
        if (!isBase64) return new OutgoingMessage(payload.WithHeader(channel), WebSocketMessageType.Binary, payload, owner);

        MessageBuffer text = MessageBuffer.Rent(ChannelMessage.GetBase64Length(payload.Length));
        text.Advance(ChannelMessage.EncodeBase64(payload.Payload, text.Unused.Span));
        payload.Return();
        return new OutgoingMessage(text.WithHeader(channel), WebSocketMessageType.Text, text, owner);
    }
}

/// <summary>Makes messages when they can be sent, rather than before. Called by the write loop, one call at a time.</summary>
interface IMessageSource
{
    /// <returns>False where it has none: it has to be put into the queue again when it has.</returns>
    bool TryTake(out ReadOnlyMemory<byte> message);

    /// <summary>The message that was taken last is no more looked at, whether it was sent or not.</summary>
    void OnTaken();
}
