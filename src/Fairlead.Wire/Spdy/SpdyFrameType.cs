using System.Diagnostics.CodeAnalysis;

namespace Fairlead.Wire.Spdy;

/// <summary>The frames of SPDY/3.1. Control frames have their number on the wire; a data frame has none.</summary>
public enum SpdyFrameType : ushort
{
    /// <summary>Bytes of a stream.</summary>
    Data = 0,

    /// <summary>Opens a stream.</summary>
    SynStream = 1,

    /// <summary>Accepts a stream. Go peers drop data that reaches them before it.</summary>
    SynReply = 2,

    /// <summary>Ends both halves of a stream at once.</summary>
    ResetStream = 3,

    /// <summary>Settings; Kubernetes peers send none and ignore them.</summary>
    Settings = 4,

    /// <summary>Asks for an echo, or is one.</summary>
    Ping = 6,

    /// <summary>No new streams; Go peers read nothing that follows it.</summary>
    GoAway = 7,

    /// <summary>More headers of a stream; read for the sake of the compression, never sent: Go peers wedge on it.</summary>
    Headers = 8,

    /// <summary>Flow control, which Go peers ignore and so do we.</summary>
    WindowUpdate = 9,
}

/// <summary>The flags of a frame; which ones it may have depends on its type.</summary>
[Flags]
[SuppressMessage("Design", "CA1028", Justification = "One byte on the wire.")]
public enum SpdyFlags : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The sender's half of the stream ends here. In SETTINGS: forget what was stored.</summary>
    Fin = 1,

    /// <summary>In SYN_STREAM: the receiver's half is closed from the start.</summary>
    Unidirectional = 2,
}
