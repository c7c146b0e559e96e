namespace Fairlead.Gateway.Sessions;

/// <summary>The ways in which what a client asked for can end. Each session has exactly one.</summary>
enum SessionEnd
{
    /// <summary>It was answered with a refusal and never began.</summary>
    Refused,

    /// <summary>The client left before both sides were joined. Where the server was dialled by then, the command may have run.</summary>
    Abandoned,

    /// <summary>An upgrade that is no session was passed on, taken by the server, and is over. What it carried was not looked at.</summary>
    PassedOn,

    /// <summary>The gateway failed: a fault of its own.</summary>
    Failed,

    /// <summary>The server sent its status.</summary>
    Completed,

    /// <summary>The server was lost before its status.</summary>
    ServerLost,

    /// <summary>The client was lost.</summary>
    ClientLost,

    /// <summary>The gateway ended it, for a reason.</summary>
    Ended,
}
