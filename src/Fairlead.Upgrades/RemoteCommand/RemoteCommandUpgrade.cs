using System.Net.Http.Headers;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Upgrades.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Upgrades.RemoteCommand;

/// <summary>One exec or attach that is to be opened, whatever will carry it.</summary>
/// <param name="Uri">Path and query, the same for every transport.</param>
/// <param name="Command">Channels and command.</param>
/// <param name="Options">The caller's wishes.</param>
sealed record RemoteCommandUpgrade(Uri Uri, RemoteCommandRequest Command, RemoteCommandOptions Options)
{
    /// <summary>Adds to the headers of each try, behind the endpoint's own credentials; null for nothing.</summary>
    internal Action<HttpRequestHeaders>? Describe { get; init; }

    /// <summary>Where its carrier logs.</summary>
    internal ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;

    /// <summary>
    /// Where input must end for the command to end, only versions that can say so are offered: with another one it could wait for
    /// ever, and by the time the choice is known the command runs.
    /// </summary>
    internal bool InputMustEnd => Command is { Stdin: true, Tty: false };

    internal UpgradeTarget Target => new(Uri, Options.UpgradeTimeout, Describe) { Command = Command.Command };

    internal CarrierLimits Limits => Options.Limits(Logging);
}
