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

    /// <summary>What carries the session.</summary>
    public Transport Transport { get; init; }

    /// <summary>
    /// Never ask a second time after a server has accepted. Without it, <see cref="Transport.Auto"/> does so once when the server ended
    /// the WebSocket in order without having sent anything.
    /// </summary>
    public bool NoRetry { get; init; }

    /// <summary>
    /// The versions to offer over WebSocket, the best first. Null offers what fits: only versions that can end the input where input is sent
    /// without a terminal, since with others the command could wait for ever; otherwise v5 and v4.
    /// </summary>
    public IReadOnlyList<RemoteCommandProtocol>? Protocols { get; init; }

    /// <summary>The same over SPDY; null offers all that fit.</summary>
    public IReadOnlyList<RemoteCommandProtocol>? SpdyProtocols { get; init; }

    /// <summary>
    /// Whoever reads an output goes on inside the session's read loop when something has arrived, rather than on a pool thread: one
    /// hand-over less. What such a reader does next must not block. Over WebSocket; without effect otherwise.
    /// </summary>
    public bool InlineReaders { get; init; }

    /// <summary>How long the server may take to answer the upgrade, connecting included. 60 s; admission webhooks may take half of that.</summary>
    public TimeSpan UpgradeTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the peer may be silent before a ping is sent.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long nothing at all may arrive, pings having been sent, before the session is lost.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
