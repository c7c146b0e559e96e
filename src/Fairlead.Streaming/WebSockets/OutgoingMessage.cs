using System.Net.WebSockets;

namespace Fairlead.Streaming.WebSockets;

/// <summary>One message on its way to the write loop.</summary>
/// <param name="Memory">The message, whole: it goes out as one frame, since Go servers read a fragment as a message of its own.</param>
/// <param name="Type">Binary, or text for base64.</param>
/// <param name="Buffer">What to give back when it was sent; empty for constants.</param>
/// <param name="Owner">Whom to tell that it was sent.</param>
readonly record struct OutgoingMessage(ReadOnlyMemory<byte> Memory, WebSocketMessageType Type, MessageBuffer Buffer, ChannelPipeWriter? Owner);
