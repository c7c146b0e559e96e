using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Fairlead.Streaming.WebSockets;

/// <summary>
/// The keys of the upgrade (RFC 6455 section 4). The upgrade itself is an ordinary HTTP exchange of HttpClient and Kestrel, so that a
/// refusal's body can be read, and names that their own WebSocket calls refuse (with a slash) can be used.
/// </summary>
public static class WebSocketHandshake
{
    /// <summary>The only version there is.</summary>
    public const string Version = "13";

    const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>A fresh key for a request.</summary>
    public static string CreateKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

    /// <summary>The <c>Sec-WebSocket-Accept</c> that answers a key.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 prescribes SHA-1 here; it protects nothing.")]
    public static string ComputeAccept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));

    /// <summary>True for 16 bytes in base64.</summary>
    public static bool IsKey([NotNullWhen(true)] string? key)
    {
        Span<byte> bytes = stackalloc byte[24];
        return key is { Length: 24 } && Convert.TryFromBase64String(key, bytes, out int length) && length == 16;
    }
}
