using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy;

/// <summary>Told of a stream's endings in the order in which they came. Called by the read loop: it must not wait.</summary>
interface ISpdyStreamObserver
{
    /// <summary>The peer reset the stream.</summary>
    /// <returns>What reading and writing it ends with.</returns>
    IOException OnReset(SpdyStream stream, SpdyResetStatus status);

    /// <summary>The peer sends no more on the stream, for whatever reason. Once.</summary>
    void OnInputEnded(SpdyStream stream);
}
