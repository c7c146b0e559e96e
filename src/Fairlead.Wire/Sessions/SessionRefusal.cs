namespace Fairlead.Wire.Sessions;

/// <summary>Why a session is not to be had, or is over without a status.</summary>
/// <remarks>Source: docs/protocols/session.md, "Codes".</remarks>
public enum SessionRefusal
{
    /// <summary>For no reason that has a code.</summary>
    Unspecified = 0,

    /// <summary>The server has no such session, although the client had been told that there was one.</summary>
    Unknown = 1,

    /// <summary>
    /// The session was first asked for at another server, or before this one was started: whether its command has run is not known.
    /// </summary>
    ServerLost = 2,

    /// <summary>The session's time without a carrier is over, or that of an opening which may have been answered already.</summary>
    Expired = 3,

    /// <summary>The session has ended, and its client has confirmed the end or has left.</summary>
    Over = 4,

    /// <summary>The secret is another's.</summary>
    WrongSecret = 5,

    /// <summary>The session was opened by somebody else.</summary>
    ForeignCaller = 6,

    /// <summary>The session was opened for another command, container or pod.</summary>
    DifferentRequest = 7,

    /// <summary>The client says that it has received what was never sent, or less than it had confirmed.</summary>
    BadTotals = 8,

    /// <summary>Another carrier has taken the session over.</summary>
    TakenOver = 9,

    /// <summary>A limit of the server's is reached; nothing was started.</summary>
    TooMany = 10,

    /// <summary>The server is stopping.</summary>
    Stopping = 11,

    /// <summary>The message cannot be read, or names a version that the server does not speak.</summary>
    BadMessage = 12,

    /// <summary>Something between the two has ended the session.</summary>
    Ended = 13,
}
