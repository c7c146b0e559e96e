namespace Fairlead.Wire.PortForward;

/// <summary>The first byte of a record of <c>portforward.fairlead.v2</c>. Receivers ignore records of every other type.</summary>
/// <remarks>0 to 5 mean of one conversation what the messages of <c>portforward.fairlead.v1</c> mean of their only one.</remarks>
public enum ForwardRecordType : byte
{
    /// <summary>Bytes of the conversation; both ways.</summary>
    Data = 0,

    /// <summary>A conversation begins: what with, and how much its sender takes.</summary>
    Open = 1,

    /// <summary>The conversation is there, and how much the other side takes; one answer to an OPEN.</summary>
    Connected = 2,

    /// <summary>There is no conversation, and why; the other answer.</summary>
    Refused = 3,

    /// <summary>The sender sends no more, and goes on receiving; both ways.</summary>
    End = 4,

    /// <summary>The conversation is over at once, and why; of conversation 0: the carrier is about to go, and why.</summary>
    Reset = 5,

    /// <summary>How many bytes its sender takes of the conversation, counted from its beginning.</summary>
    Credit = 6,

    /// <summary>Asks for a PONG with the same eight bytes.</summary>
    Ping = 7,

    /// <summary>The answer to a PING.</summary>
    Pong = 8,
}
