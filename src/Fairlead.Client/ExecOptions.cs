using Fairlead.Wire;

namespace Fairlead.Client;

/// <summary>What an exec or attach asks for, and how its connection is kept.</summary>
public sealed record ExecOptions
{
    /// <summary>Send input. Without it the command's standard input is empty.</summary>
    public bool Stdin { get; init; }

    /// <summary>Receive standard output. On by default.</summary>
    public bool Stdout { get; init; } = true;

    /// <summary>Receive standard error. On by default; a terminal has none of its own.</summary>
    public bool Stderr { get; init; } = true;

    /// <summary>Run on a terminal.</summary>
    public bool Tty { get; init; }

    /// <summary>
    /// The versions to offer, the best first. Null offers what fits: only versions that can end the input where input is sent
    /// without a terminal, since with others the command could wait for ever; otherwise v5 and v4.
    /// </summary>
    public IReadOnlyList<RemoteCommandProtocol>? Protocols { get; init; }

    /// <summary>How long the peer may be silent before a ping is sent.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long nothing at all may arrive, pings having been sent, before the session is lost.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
