namespace Fairlead.Server.Operations;

/// <summary>The ways in which what a client asked for can end. Each session has exactly one.</summary>
public enum SessionEnd
{
    /// <summary>It was answered with a refusal and never began.</summary>
    Refused,

    /// <summary>
    /// The client left before both sides were joined. Where the other side was asked by then, the command may have run.
    /// </summary>
    Abandoned,

    /// <summary>
    /// An upgrade that is no session was passed on, taken by the server behind, and is over. What it carried was not looked at.
    /// </summary>
    PassedOn,

    /// <summary>A fault of this side's own.</summary>
    Failed,

    /// <summary>It ended with its status: at a gateway, the one that the server sent.</summary>
    Completed,

    /// <summary>The server behind, or the container runtime, was lost before that.</summary>
    ServerLost,

    /// <summary>The client was lost.</summary>
    ClientLost,

    /// <summary>This side ended it, for a reason.</summary>
    Ended,
}
