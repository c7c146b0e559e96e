namespace Fairlead.Wire.Sessions;

/// <summary>What a message of <c>session.fairlead.v1</c> is: its first byte. Smaller numbers are channels: DATA.</summary>
/// <remarks>Source: docs/protocols/session.md.</remarks>
public enum SessionMessageType : byte
{
    /// <summary>Bytes of the channel with the lowest number; every number up to <see cref="SessionMessage.LastChannel"/> is one.</summary>
    Data = 0,

    /// <summary>Who the server is and how long it keeps a session; its first message on every carrier.</summary>
    Hello = 16,

    /// <summary>Which session the client means, and what proves that it is its own; its first message on every carrier.</summary>
    Open = 17,

    /// <summary>The carrier is the session's now.</summary>
    Opened = 18,

    /// <summary>The session is not to be had on this carrier, or has ended without a status.</summary>
    Refused = 19,

    /// <summary>How much of each channel its receiver has passed on.</summary>
    Confirm = 20,

    /// <summary>A channel's sender sends no more of it.</summary>
    End = 21,

    /// <summary>The client gives the session up.</summary>
    Leave = 22,
}
