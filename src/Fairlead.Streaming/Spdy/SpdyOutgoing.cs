using Fairlead.Wire.Spdy;

namespace Fairlead.Streaming.Spdy;

/// <summary>
/// One frame on its way to the write loop, which alone compresses headers: so they are in the order in which they are sent.
/// </summary>
/// <param name="Frame">The frame, without what the write loop adds.</param>
/// <param name="Headers">The headers of a SYN_STREAM or SYN_REPLY.</param>
/// <param name="Stream">The stream of a DATA frame; nothing is sent for one that was reset meanwhile.</param>
/// <param name="Buffer">The payload of a DATA frame, to be given back when it was sent.</param>
/// <param name="Owner">Whom to tell that it was sent.</param>
readonly record struct SpdyOutgoing(
    SpdyFrame Frame, IReadOnlyList<SpdyHeader>? Headers = null, SpdyStream? Stream = null, MessageBuffer Buffer = default,
    ChannelPipeWriter? Owner = null);
