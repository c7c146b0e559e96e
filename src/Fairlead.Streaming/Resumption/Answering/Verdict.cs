using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption.Answering;

/// <summary>What becomes of an opening.</summary>
/// <param name="Session">The session that it gets; null where it is refused.</param>
/// <param name="IsResumed">The session was there before.</param>
/// <param name="Refusal">Why it is refused.</param>
/// <param name="Text">The same in words.</param>
readonly record struct Verdict(KeptSession? Session, bool IsResumed, SessionRefusal Refusal, string Text)
{
    /// <summary>Nothing is said, and the carrier is closed: the server's next process has the answer.</summary>
    internal bool IsLeftToNext { get; init; }
}
