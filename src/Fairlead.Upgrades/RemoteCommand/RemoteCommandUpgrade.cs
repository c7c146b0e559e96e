using System.Net.Http.Headers;
using Fairlead.Streaming;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Upgrades.Http;
using Fairlead.Wire;
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

    /// <summary>A session that outlives its connection is offered first. Not to a gateway's server, whose client has to ask.</summary>
    internal bool IsResumable { get; init; }

    /// <summary>The forms that are offered over WebSocket.</summary>
    internal RemoteCommandProtocol[] OverWebSocket =>
        Offered(Transport.Spdy, isSpdy: false) is var forms && IsResumable && forms.Length > 0
            ? [RemoteCommandProtocol.Session, .. forms]
            : forms;

    /// <summary>The forms that are offered over SPDY/3.1.</summary>
    internal RemoteCommandProtocol[] OverSpdy => Offered(Transport.WebSocket, isSpdy: true);

    internal UpgradeTarget Target => new(Uri, Options.UpgradeTimeout, Describe) { Command = Command.Command, IsBulk = HasPipedInput };

    internal CarrierLimits Limits => Options.Limits(Logging);

    /// <summary>Input that is no terminal's, as pipes and copies have it: it ends, and it may be long.</summary>
    bool HasPipedInput => Command is { Stdin: true, Tty: false };

    RemoteCommandProtocol[] Offered(Transport other, bool isSpdy) => Options.Transport == other
        ? []
        : [.. (Options.Protocols ?? RemoteCommandProtocol.Offer(inputMustEnd: HasPipedInput)).Where(form => form.IsSpdy == isSpdy)];
}
