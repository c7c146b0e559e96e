namespace Fairlead.Testing;

/// <summary>One WebSocket frame as it was on the wire, its mask removed.</summary>
/// <param name="First">The first byte: FIN, RSV1 to RSV3, opcode.</param>
/// <param name="Masked">Whether it was masked.</param>
/// <param name="Payload">The payload.</param>
public sealed record RawFrame(byte First, bool Masked, byte[] Payload)
{
    /// <summary>Whether it ends a message.</summary>
    public bool Fin => (First & 0x80) != 0;

    /// <summary>The opcode: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.</summary>
    public int Opcode => First & 0x0F;

    /// <summary>The reserved bits, which must be 0.</summary>
    public int Reserved => (First >> 4) & 7;

    /// <summary>The code of a Close frame; null for other frames and for a Close without one.</summary>
    public int? CloseCode => Opcode == 8 && Payload.Length >= 2 ? (Payload[0] << 8) | Payload[1] : null;

    /// <summary>The reason of a Close frame.</summary>
    public string CloseReason => Opcode == 8 && Payload.Length > 2 ? System.Text.Encoding.UTF8.GetString(Payload, 2, Payload.Length - 2) : "";
}
