using Fairlead.Wire;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.Spdy;

/// <summary>The beginning of a text that a peer sends on a stream; the rest is dropped. The read loop's.</summary>
sealed class SpdyText
{
    readonly byte[] _bytes = new byte[DirectMessage.LongestText];
    int _length;

    internal void Append(ReadOnlyMemory<byte> data)
    {
        int count = Math.Min(data.Length, _bytes.Length - _length);
        data.Span[..count].CopyTo(_bytes.AsSpan(_length));
        _length += count;
    }

    internal PeerText Text => PeerText.FromUtf8(_bytes.AsSpan(0, _length)).Trim();
}
