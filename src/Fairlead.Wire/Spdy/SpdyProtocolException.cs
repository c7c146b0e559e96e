namespace Fairlead.Wire.Spdy;

/// <summary>
/// The peer's bytes are not SPDY/3.1, or go beyond a limit. The connection cannot go on: framing and compression are out of step.
/// </summary>
public sealed class SpdyProtocolException : IOException
{
    /// <summary>Creates it.</summary>
    /// <param name="reason">What is wrong, for people.</param>
    /// <param name="offset">See <see cref="Offset"/>.</param>
    /// <param name="innerException">What the inflater said, if it was that.</param>
    public SpdyProtocolException(string reason, long offset, Exception? innerException = null)
        : base(VisibleText.Line(reason), innerException) => Offset = offset;

    /// <summary>Where: for a frame its first byte's place in the connection, for a header block the byte of the inflated block.</summary>
    public long Offset { get; }
}
