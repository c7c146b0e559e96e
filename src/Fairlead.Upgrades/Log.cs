using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Upgrades;

/// <summary>
/// What this room logs: each step to an upgrade and how long it took, and why one failed. Never a query, a header or a body of a request,
/// and so neither a command nor a token; what a server answers is shown without the words of the command.
/// </summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Connected to {Host}:{Port} at {Address} after {Milliseconds} ms", EventName = "Connected")]
    public static partial void Connected(ILogger logger, PeerText host, int port, PeerText address, long milliseconds);

    [LoggerMessage(2, LogLevel.Debug, "No connection to {Host}:{Port} after {Milliseconds} ms", EventName = "NotConnected")]
    public static partial void NotConnected(ILogger logger, Exception exception, PeerText host, int port, long milliseconds);

    [LoggerMessage(4, LogLevel.Debug,
        "Asking {Server} for an upgrade to {Protocol} by {Method}, offering {Offer}; it has {Seconds} s to answer",
        EventName = "UpgradeAsked")]
    public static partial void UpgradeAsked(
        ILogger logger, PeerText server, PeerText protocol, PeerText method, PeerText offer, long seconds);

    [LoggerMessage(5, LogLevel.Debug, "The server answered {Code} {Phrase} after {Milliseconds} ms, and chose {Chosen}",
        EventName = "UpgradeAnswered")]
    public static partial void UpgradeAnswered(ILogger logger, int code, PeerText phrase, long milliseconds, PeerText chosen);

    [LoggerMessage(6, LogLevel.Debug, "The server refused the credentials with 401: they are fetched anew, and it is asked once more",
        EventName = "CredentialsRefused")]
    public static partial void CredentialsRefused(ILogger logger);

    [LoggerMessage(7, LogLevel.Debug, "The server refused the upgrade with {Code} {Reason} after {Milliseconds} ms: {Said}",
        EventName = "UpgradeRefused")]
    public static partial void UpgradeRefused(ILogger logger, int code, PeerText reason, long milliseconds, PeerText said);

    [LoggerMessage(21, LogLevel.Debug, "The server's 101 is not what was asked for, after {Milliseconds} ms: {Said}",
        EventName = "UpgradeMisfit")]
    public static partial void UpgradeMisfit(ILogger logger, long milliseconds, PeerText said);

    [LoggerMessage(8, LogLevel.Debug, "No answer to the upgrade: {Why}", EventName = "UpgradeUnanswered")]
    public static partial void UpgradeUnanswered(ILogger logger, PeerText why);

    [LoggerMessage(9, LogLevel.Debug, "The upgrade failed after {Milliseconds} ms: {Why}", EventName = "UpgradeFailed")]
    public static partial void UpgradeFailed(ILogger logger, Exception exception, long milliseconds, PeerText why);

    [LoggerMessage(10, LogLevel.Debug, "Trying SPDY first: it worked with this server lately", EventName = "SpdyRemembered")]
    public static partial void SpdyRemembered(ILogger logger);

    [LoggerMessage(11, LogLevel.Information, "Falling back from {From} to {To}: {Why}", EventName = "FallsBack")]
    public static partial void FallsBack(ILogger logger, PeerText from, PeerText to, PeerText why);
}
