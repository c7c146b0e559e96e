namespace Fairlead.Streaming.Resumption;

/// <summary>What a session does with the carrier that it has at present.</summary>
interface ISessionLink
{
    /// <summary>Has the carrier ask for messages, by <see cref="ResumableSession.TryTake"/>, until there is none. Not locked.</summary>
    void Queue();

    /// <summary>How long this side has waited for the peer's next byte.</summary>
    TimeSpan SilentFor { get; }

    /// <summary>Asks the peer for a sign of life.</summary>
    void Ping();

    /// <summary>Gives the carrier up.</summary>
    void Cut(SessionLostException reason);
}
