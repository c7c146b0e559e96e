namespace Fairlead.Wire.Spdy;

/// <summary>What a peer may make this side hold, count or inflate. Everything is checked before it is allocated.</summary>
/// <remarks>
/// Go peers ignore flow control and their own library trusted these numbers until 2026 (CVE-2026-35469), so the bounds are ours. The
/// defaults are many times what Kubernetes clients and servers send: five streams of one short header each.
/// </remarks>
public sealed record SpdyLimits
{
    /// <summary>The defaults.</summary>
    public static SpdyLimits Default { get; } = new();

    /// <summary>Bytes of one compressed header block as it travels. 64 KiB.</summary>
    public int HeaderBlockBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes of one header block after inflating. 64 KiB.</summary>
    public int InflatedBytes { get; init; } = 64 * 1024;

    /// <summary>Headers in one block. 64.</summary>
    public int Headers { get; init; } = 64;

    /// <summary>Bytes of one header's name. 8 KiB.</summary>
    public int NameBytes { get; init; } = 8 * 1024;

    /// <summary>Bytes of one header's value, or of all its values together. 8 KiB.</summary>
    public int ValueBytes { get; init; } = 8 * 1024;

    /// <summary>Entries of one SETTINGS frame. 64.</summary>
    public int Settings { get; init; } = 64;

    /// <summary>
    /// Bytes of one DATA frame. Such a frame is passed on as it arrives, so that its length costs no memory. 16 MiB less one: all
    /// that the length field can say, since foreign peers may do it.
    /// </summary>
    public int DataBytes { get; init; } = (1 << 24) - 1;

    /// <summary>Streams that the peer may have open at once; one more is refused with REFUSED_STREAM. 256.</summary>
    public int Streams { get; init; } = 256;

    /// <summary>
    /// Frames in a row that move nothing: SETTINGS, WINDOW_UPDATE, PING, empty DATA, anything for streams that are not there. The
    /// count begins anew every few seconds, and with data that this side sends. 1000.
    /// </summary>
    public int IdleFrames { get; init; } = 1000;

    /// <summary>Replies, echoes and refusals that wait to be sent because the peer does not read them. 1000.</summary>
    public int WaitingReplies { get; init; } = 1000;
}
