using System.Buffers.Binary;

namespace Fairlead.Wire.PortForward;

/// <summary>
/// The channels of port-forward's legacy forms: port number i of the request has channel 2i for data and 2i+1 for errors.
/// </summary>
/// <remarks>
/// <code>
/// binary:  | channel (1) | payload ...         |
/// base64:  | '0'+channel | base64(payload) ... |   text message; behind '9' the next ASCII characters
/// first on every channel, by the server:  port (2, little-endian)
/// </code>
/// Source: the CRI streaming server's port-forward over WebSocket.
/// </remarks>
public static class PortChannels
{
    /// <summary>Ports that one request may name: as many as have channels.</summary>
    public const int MostPorts = 127;

    /// <summary>Bytes of the port number that comes first on every channel.</summary>
    public const int PreludeLength = 2;

    /// <summary>The channel byte as it travels.</summary>
    public static byte EncodeChannel(int port, bool isError, bool isBase64) =>
        (byte)((2 * port) + (isError ? 1 : 0) + (isBase64 ? '0' : 0));

    /// <summary>Reads the channel byte.</summary>
    /// <returns>False where it names none of the ports: the message is to be ignored.</returns>
    public static bool TryDecodeChannel(byte first, int ports, bool isBase64, out int port, out bool isError)
    {
        int channel = first - (isBase64 ? '0' : 0);
        (port, isError) = (channel >> 1, (channel & 1) != 0);
        return channel >= 0 && port < ports;
    }

    /// <summary>Writes the port number that comes first.</summary>
    public static void EncodePrelude(int port, Span<byte> destination) =>
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)port);

    /// <summary>Reads it.</summary>
    public static int DecodePrelude(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadUInt16LittleEndian(payload);
}
