using System.Diagnostics.CodeAnalysis;

namespace Fairlead.Wire.Spdy;

/// <summary>Why a stream was reset.</summary>
[SuppressMessage("Design", "CA1028", Justification = "32 bits without sign on the wire.")]
public enum SpdyResetStatus : uint
{
    /// <summary>Not a status; refused when received.</summary>
    None = 0,

    /// <summary>The stream's frames break the protocol.</summary>
    ProtocolError = 1,

    /// <summary>A frame for a stream that is not there.</summary>
    InvalidStream = 2,

    /// <summary>The stream was refused before anything was done with it.</summary>
    RefusedStream = 3,

    /// <summary>Another version of SPDY.</summary>
    UnsupportedVersion = 4,

    /// <summary>No longer wanted. Go servers end every stream that has no FIN with it: there it is the normal end.</summary>
    Cancel = 5,

    /// <summary>A fault of the sender's.</summary>
    InternalError = 6,

    /// <summary>More was sent than the window had room for.</summary>
    FlowControlError = 7,

    /// <summary>A second reply for one stream.</summary>
    StreamInUse = 8,

    /// <summary>Data behind FIN.</summary>
    StreamAlreadyClosed = 9,

    /// <summary>Of the credential frames, which nobody has.</summary>
    InvalidCredentials = 10,

    /// <summary>A frame that is longer than its receiver takes.</summary>
    FrameTooLarge = 11,
}

/// <summary>Why a connection takes no new streams.</summary>
[SuppressMessage("Design", "CA1028", Justification = "32 bits without sign on the wire.")]
public enum SpdyGoAwayStatus : uint
{
    /// <summary>An orderly end.</summary>
    Ok = 0,

    /// <summary>The peer broke the protocol.</summary>
    ProtocolError = 1,

    /// <summary>A fault of the sender's.</summary>
    InternalError = 2,
}
