using System.Diagnostics.CodeAnalysis;

namespace Fairlead.Wire.PortForward;

/// <summary>
/// Why a forwarded connection was refused or reset, as <c>portforward.fairlead.v1</c> says it. Unknown codes mean
/// <see cref="Unspecified"/>.
/// </summary>
[SuppressMessage("Design", "CA1028", Justification = "16 bits without sign on the wire.")]
public enum ForwardFault : ushort
{
    /// <summary>Nothing more is known.</summary>
    Unspecified = 0,

    /// <summary>Nothing listens on the port (ECONNREFUSED).</summary>
    ConnectionRefused = 1,

    /// <summary>Connecting took too long.</summary>
    TimedOut = 2,

    /// <summary>No way leads to the port: its network or host cannot be reached.</summary>
    Unreachable = 3,

    /// <summary>The pod does not run, or is gone.</summary>
    NotRunning = 4,

    /// <summary>A rule of the server's does not allow this port.</summary>
    Forbidden = 5,

    /// <summary>A limit of the server's is reached.</summary>
    LimitReached = 6,

    /// <summary>The request makes no sense: port 0, for instance.</summary>
    BadRequest = 7,

    /// <summary>The connection's other end reset it (ECONNRESET).</summary>
    ConnectionReset = 16,

    /// <summary>Whoever held the connection gave it up before its end.</summary>
    Aborted = 17,

    /// <summary>The carrier of the connection's other leg was lost.</summary>
    CarrierLost = 18,
}
