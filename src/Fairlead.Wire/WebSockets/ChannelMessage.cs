using System.Buffers;
using System.Buffers.Text;

namespace Fairlead.Wire.WebSockets;

/// <summary>The one-byte channel header of a WebSocket message, and base64 payloads.</summary>
/// <remarks>
/// <code>
/// binary:  | channel (1) | payload ...          |
/// base64:  | '0'+channel | base64(payload) ...  |   text message, padded
/// </code>
/// Source: KEP-4006 and the API server's channel subprotocols.
/// </remarks>
public static class ChannelMessage
{
    /// <summary>Bytes in front of the payload.</summary>
    public const int HeaderLength = 1;

    /// <summary>The channel byte as it travels.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A base64 protocol has no form for this channel.</exception>
    public static byte EncodeChannel(RemoteChannel channel, RemoteCommandProtocol protocol)
    {
        if (!protocol.IsBase64) return (byte)channel;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((byte)channel, 9, nameof(channel));
        return (byte)('0' + (byte)channel);
    }

    /// <summary>Reads the channel byte.</summary>
    /// <returns>False when the byte names no channel that this protocol could mean: the message is to be ignored.</returns>
    public static bool TryDecodeChannel(byte first, RemoteCommandProtocol protocol, out RemoteChannel channel)
    {
        channel = (RemoteChannel)first;
        if (protocol.IsBase64)
        {
            if (first is < (byte)'0' or > (byte)'9') return false;
            channel = (RemoteChannel)(first - '0');
        }

        return channel is <= RemoteChannel.Resize || (channel is RemoteChannel.Close && protocol.CanEndInput);
    }

    /// <summary>A name of the channel for logs.</summary>
    public static string NameOf(byte first, RemoteCommandProtocol protocol) =>
        TryDecodeChannel(first, protocol, out RemoteChannel channel) ? $"channel {(int)channel} ({channel})" : $"channel {first} (unknown)";

    /// <summary>The length of a base64 payload with padding.</summary>
    public static int GetBase64Length(int payloadLength) => Base64.GetMaxEncodedToUtf8Length(payloadLength);

    /// <summary>Writes a payload as base64 text. <paramref name="destination"/> has <see cref="GetBase64Length"/> bytes at least.</summary>
    public static int EncodeBase64(ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        OperationStatus status = Base64.EncodeToUtf8(payload, destination, out _, out int written);
        return status == OperationStatus.Done ? written : throw new ArgumentException("The destination is too small.", nameof(destination));
    }

    /// <summary>Decodes a base64 payload where it lies.</summary>
    /// <returns>False for text that is not base64: the message is to be ignored, as the API server ignores it.</returns>
    public static bool TryDecodeBase64(Span<byte> payload, out int length) =>
        Base64.DecodeFromUtf8InPlace(payload, out length) == OperationStatus.Done;
}
