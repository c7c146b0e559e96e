using Fairlead.Wire;

namespace Fairlead.Streaming.Relays;

/// <summary>How a relayed session ended.</summary>
/// <param name="End">Who ended it.</param>
/// <param name="Status">What the client was told, or would have been; null when it was lost before there was anything to tell.</param>
public sealed record RelayOutcome(RelayEnd End, Status? Status);

/// <summary>The ways in which a relayed session ends.</summary>
public enum RelayEnd
{
    /// <summary>The server sent its status, and the client got it unless it left meanwhile.</summary>
    Completed,

    /// <summary>The server was lost before its status: the client was told a failure.</summary>
    ServerLost,

    /// <summary>The client was lost: the server's session was cut.</summary>
    ClientLost,

    /// <summary>The relay was told to end it, with a reason.</summary>
    Ended,
}
