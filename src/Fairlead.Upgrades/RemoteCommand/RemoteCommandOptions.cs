using Fairlead.Streaming;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead;

/// <summary>How a remote command is carried: transports, versions and deadlines.</summary>
public record RemoteCommandOptions : UpgradeOptions
{
    /// <summary>
    /// Never ask a second time after a server has accepted. Without it, <see cref="Transport.Auto"/> does so once when the server ended
    /// the WebSocket in order without having sent anything.
    /// </summary>
    public bool NoRetry { get; init; }

    /// <summary>
    /// The forms to offer, the best first; those that <see cref="UpgradeOptions.Transport"/> leaves out are not offered. Null offers what
    /// fits: only forms that can end the input where input is sent without a terminal, since with others the command could wait for ever.
    /// </summary>
    public IReadOnlyList<RemoteCommandProtocol>? Protocols
    {
        get;
        init => field = value?.Contains(null!) == true ? throw new ArgumentException("A form is null.", nameof(Protocols)) : value;
    }

    /// <summary>Set by <see cref="Upgrades.RemoteCommand.InlineReading"/>.</summary>
    internal bool InlineReaders { get; init; }

    /// <summary>
    /// For how long another connection is tried for when the session's was lost, where the server keeps sessions; never longer than it
    /// keeps them, which <see cref="Timeout.InfiniteTimeSpan"/> asks for. Zero, the default, for never: then a session ends with its
    /// connection. The server is told, and keeps the session no longer: for so long what was asked for runs on where this process is
    /// killed, since that looks like a lost network. See docs/protocols/session.md. Without effect where <see cref="Protocols"/> says what
    /// is offered.
    /// </summary>
    public TimeSpan Resume { get; init => field = value == Timeout.InfiniteTimeSpan ? value : TimeLimit.OrForEver(value, orZero: true); }

    /// <summary>Told when a session's connection is lost and when it goes on; must not block, nor throw. Null for nobody.</summary>
    public Action<ResumeEvent>? ResumeEvents { get; init; }

    internal CarrierLimits Limits(ILoggerFactory logging) => LimitsOf(logging) with { InlineReaders = InlineReaders };
}
