using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>What befell a session of a server between two of its connections, or an opening that meant it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Code">Why an opening was refused; of no meaning otherwise.</param>
/// <param name="Reason">Why, in words that are fit to show; may be empty.</param>
public readonly record struct KeepEvent(KeepEventKind Kind, SessionRefusal Code, string Reason)
{
    /// <summary>Of a session that is kept: for how long.</summary>
    public TimeSpan Keep { get; init; }
}

/// <summary>What can befall a session of a server.</summary>
public enum KeepEventKind
{
    /// <summary>It has no connection any more, and is kept for its client.</summary>
    Kept = 0,

    /// <summary>It goes on by another connection.</summary>
    Resumed,

    /// <summary>An opening was refused. A session that it meant is as it was.</summary>
    Refused,
}
