namespace Fairlead.Wire.PortForward;

/// <summary>The first byte of a message of <c>portforward.fairlead.v1</c>. Receivers ignore messages of every other type.</summary>
public enum DirectMessageType : byte
{
    /// <summary>Bytes of the connection; both ways.</summary>
    Data = 0,

    /// <summary>Connect to a port; the client's first message.</summary>
    Open = 1,

    /// <summary>The connection is there; the server's answer.</summary>
    Connected = 2,

    /// <summary>There is no connection, and why; the server's other answer.</summary>
    Refused = 3,

    /// <summary>The sender sends no more, and goes on receiving; both ways.</summary>
    End = 4,

    /// <summary>The connection is over at once, and why; both ways.</summary>
    Reset = 5,
}
