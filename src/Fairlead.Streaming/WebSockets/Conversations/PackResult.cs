namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>What is left of a conversation once its records were packed.</summary>
enum PackResult
{
    /// <summary>Nothing that can be said now.</summary>
    Idle,

    /// <summary>More, which did not fit: its turn comes again.</summary>
    More,

    /// <summary>A record that must have a message for itself: the next one.</summary>
    NextAlone,

    /// <summary>Nothing any more: the conversation is over on the wire.</summary>
    Over,

    /// <summary>The same, and nothing may follow in this message.</summary>
    OverAlone,
}
