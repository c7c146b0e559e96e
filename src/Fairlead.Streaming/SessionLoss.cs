namespace Fairlead;

/// <summary>The ways in which a session is lost.</summary>
public enum SessionLoss
{
    /// <summary>Not known.</summary>
    None = 0,

    /// <summary>The peer closed in order, but before the status.</summary>
    PeerClosed,

    /// <summary>The connection broke or was reset.</summary>
    ConnectionBroken,

    /// <summary>Nothing came within the deadline, although pings were sent.</summary>
    KeepAliveTimeout,

    /// <summary>A peer broke the protocol or a limit, and the session was closed for it.</summary>
    ProtocolError,

    /// <summary>This side ended the session: disposed, cancelled or told to stop.</summary>
    LocalAbort,

    /// <summary>A fault of this program's own ended the session; the log has it with its stack.</summary>
    LocalFault,
}
