namespace Fairlead.Wire;

/// <summary>
/// The two control frames that a carrier inserts on its own. All other framing is System.Net.WebSockets'; that library answers
/// pings only while somebody receives, so a side whose reader is slow has no other way to show that it lives.
/// </summary>
/// <remarks>RFC 6455 section 5.5.3: a Pong may be sent unasked and serves as a one-way heartbeat.</remarks>
public static class WebSocketFrames
{
    /// <summary>An empty Pong from a server: FIN, opcode A, no mask, no payload.</summary>
    public static ReadOnlyMemory<byte> ServerPong { get; } = new byte[] { 0x8A, 0x00 };

    /// <summary>An empty Pong from a client: the same with a mask, which has nothing to cover.</summary>
    public static ReadOnlyMemory<byte> ClientPong { get; } = new byte[] { 0x8A, 0x80, 0x37, 0xFA, 0x21, 0x3D };
}
