namespace Fairlead;

/// <summary>What carries a session.</summary>
public enum Transport
{
    /// <summary>WebSocket, and SPDY/3.1 where the server or something on the way does not take it.</summary>
    Auto = 0,

    /// <summary>WebSocket only.</summary>
    WebSocket,

    /// <summary>SPDY/3.1 only.</summary>
    Spdy,
}
