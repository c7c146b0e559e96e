using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>The writing half of a conversation.</summary>
sealed class ConversationWriter(Conversation conversation) : ChannelPipeWriter
{
    protected override void Send(MessageBuffer buffer) => conversation.Enqueue(buffer);

    protected override void SendEnd() => conversation.EndWrites();

    protected override void AbortBy(Exception exception) => conversation.Reset(ForwardFault.Aborted, exception.Message);
}
