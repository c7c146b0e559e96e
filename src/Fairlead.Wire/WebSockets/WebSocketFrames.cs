namespace Fairlead.Wire.WebSockets;

/// <summary>
/// The frames that are inserted without the library: the two by which a carrier shows that it lives, and those of a relay that passes
/// bytes on. All other framing is System.Net.WebSockets'; that library answers
/// pings only while somebody receives, so a side whose reader is slow has no other way to show that it lives.
/// </summary>
/// <remarks>RFC 6455 section 5.5.3: a Pong may be sent unasked and serves as a one-way heartbeat.</remarks>
public static class WebSocketFrames
{
    /// <summary>An empty Pong from a server: FIN, opcode A, no mask, no payload.</summary>
    public static ReadOnlyMemory<byte> ServerPong { get; } = new byte[] { 0x8A, 0x00 };

    /// <summary>An empty Pong from a client: the same with a mask, which has nothing to cover.</summary>
    public static ReadOnlyMemory<byte> ClientPong { get; } = new byte[] { 0x8A, 0x80, 0x37, 0xFA, 0x21, 0x3D };

    /// <summary>An empty Ping from a server.</summary>
    public static ReadOnlyMemory<byte> ServerPing { get; } = new byte[] { 0x89, 0x00 };

    /// <summary>An empty Ping from a client.</summary>
    public static ReadOnlyMemory<byte> ClientPing { get; } = new byte[] { 0x89, 0x80, 0x37, 0xFA, 0x21, 0x3D };

    /// <summary>A server's Close 1000.</summary>
    public static ReadOnlyMemory<byte> ServerClose { get; } = new byte[] { 0x88, 0x02, 0x03, 0xE8 };

    /// <summary>A client's Close 1000.</summary>
    public static ReadOnlyMemory<byte> ClientClose { get; } = new byte[] { 0x88, 0x82, 0x37, 0xFA, 0x21, 0x3D, 0x34, 0x12 };

    /// <summary>A whole message of a client's, of this one byte.</summary>
    public static byte[] ClientMessage(byte first) => [0x82, 0x81, 0x37, 0xFA, 0x21, 0x3D, (byte)(first ^ 0x37)];

    /// <summary>A whole message of a server's, in one frame of bytes.</summary>
    public static byte[] ServerMessage(byte first, ReadOnlySpan<byte> payload)
    {
        int length = payload.Length + ChannelMessage.HeaderLength;
        return length <= 125 ? [0x82, (byte)length, first, .. payload]
            : length <= ushort.MaxValue ? [0x82, 126, (byte)(length >> 8), (byte)length, first, .. payload]
            : [0x82, 127, 0, 0, 0, 0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, first, .. payload];
    }
}
