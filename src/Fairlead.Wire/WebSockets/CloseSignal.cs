namespace Fairlead.Wire.WebSockets;

/// <summary>The v5 message that says that the sender writes no more on one channel: <c>FF cc</c>.</summary>
/// <remarks>Source: KEP-4006, <c>v5.channel.k8s.io</c>.</remarks>
public static class CloseSignal
{
    /// <summary>The whole message's length.</summary>
    public const int Length = 2;

    /// <summary>Reads what follows the <see cref="RemoteChannel.Close"/> byte.</summary>
    /// <returns>False for a malformed signal: wrong length, or a number that is no channel. The session is then ended.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out RemoteChannel channel)
    {
        channel = payload.Length == 1 ? (RemoteChannel)payload[0] : RemoteChannel.Close;
        return channel <= RemoteChannel.Resize;
    }
}
