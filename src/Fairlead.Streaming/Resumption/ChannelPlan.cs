namespace Fairlead.Streaming.Resumption;

/// <summary>A channel that a session has from its beginning.</summary>
/// <param name="Number">Its number on the wire.</param>
/// <param name="IsOutgoing">This side writes it.</param>
readonly record struct ChannelPlan(byte Number, bool IsOutgoing)
{
    /// <summary>Outgoing: sent only when every channel of a lower rank has been, ends included where they have ended.</summary>
    internal int Rank { get; init; }

    /// <summary>Outgoing: a writer that gives up takes the session with it, as nobody may take a part for the whole.</summary>
    internal bool IsWholeOrNothing { get; init; }

    /// <summary>Incoming: its reader goes on inside the read loop. See <see cref="CarrierLimits.InlineReaders"/>.</summary>
    internal bool IsInline { get; init; }
}
