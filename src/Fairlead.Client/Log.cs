using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Client;

/// <summary>
/// What this room logs: each step to a session and how long it took, and why one failed. Never a query, a header or a body of a request, and so
/// neither a command nor a token; what a server answers is shown without the words of the command.
/// </summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Connected to {Host}:{Port} at {Address} after {Milliseconds} ms", EventName = "Connected")]
    public static partial void Connected(ILogger logger, PeerText host, int port, PeerText address, long milliseconds);

    [LoggerMessage(2, LogLevel.Debug, "No connection to {Host}:{Port} after {Milliseconds} ms", EventName = "NotConnected")]
    public static partial void NotConnected(ILogger logger, Exception exception, PeerText host, int port, long milliseconds);

    [LoggerMessage(3, LogLevel.Debug, "Opening {Kind} in pod {Namespace}/{Pod}, container {Container}: stdin {Stdin}, stdout {Stdout}, stderr {Stderr}, terminal {Tty}", EventName = "Opening")]
    public static partial void Opening(ILogger logger, PeerText kind, PeerText @namespace, PeerText pod, PeerText container, bool stdin, bool stdout, bool stderr, bool tty);

    [LoggerMessage(4, LogLevel.Debug, "Asking {Server} for an upgrade to {Protocol} by {Method}, offering {Offer}; it has {Seconds} s to answer", EventName = "UpgradeAsked")]
    public static partial void UpgradeAsked(ILogger logger, PeerText server, PeerText protocol, PeerText method, PeerText offer, long seconds);

    [LoggerMessage(5, LogLevel.Debug, "The server answered {Code} {Phrase} after {Milliseconds} ms, and chose {Chosen}", EventName = "UpgradeAnswered")]
    public static partial void UpgradeAnswered(ILogger logger, int code, PeerText phrase, long milliseconds, PeerText chosen);

    [LoggerMessage(6, LogLevel.Debug, "The server refused the credentials with 401: they are fetched anew, and it is asked once more", EventName = "CredentialsRefused")]
    public static partial void CredentialsRefused(ILogger logger);

    [LoggerMessage(7, LogLevel.Debug, "The server refused the upgrade with {Code} {Reason} after {Milliseconds} ms: {Said}", EventName = "UpgradeRefused")]
    public static partial void UpgradeRefused(ILogger logger, int code, PeerText reason, long milliseconds, PeerText said);

    [LoggerMessage(21, LogLevel.Debug, "The server's 101 is not what was asked for, after {Milliseconds} ms: {Said}", EventName = "UpgradeMisfit")]
    public static partial void UpgradeMisfit(ILogger logger, long milliseconds, PeerText said);

    [LoggerMessage(8, LogLevel.Debug, "No answer to the upgrade: {Why}", EventName = "UpgradeUnanswered")]
    public static partial void UpgradeUnanswered(ILogger logger, PeerText why);

    [LoggerMessage(9, LogLevel.Debug, "The upgrade failed after {Milliseconds} ms: {Why}", EventName = "UpgradeFailed")]
    public static partial void UpgradeFailed(ILogger logger, Exception exception, long milliseconds, PeerText why);

    [LoggerMessage(10, LogLevel.Debug, "Trying SPDY first: it worked with this server lately", EventName = "SpdyRemembered")]
    public static partial void SpdyRemembered(ILogger logger);

    [LoggerMessage(11, LogLevel.Information, "Falling back from {From} to {To}: {Why}", EventName = "FallsBack")]
    public static partial void FallsBack(ILogger logger, PeerText from, PeerText to, PeerText why);

    [LoggerMessage(12, LogLevel.Debug, "{Kind} is open over {Connection} after {Milliseconds} ms", EventName = "Opened")]
    public static partial void Opened(ILogger logger, PeerText kind, PeerText connection, long milliseconds);

    [LoggerMessage(13, LogLevel.Debug, "{Kind} ended after {Milliseconds} ms with status {Outcome}", EventName = "StatusReceived")]
    public static partial void StatusReceived(ILogger logger, PeerText kind, long milliseconds, PeerText outcome);

    [LoggerMessage(14, LogLevel.Warning, "{Kind} was lost after {Milliseconds} ms ({Loss}): whether the command finished is not known", EventName = "SessionLost")]
    public static partial void SessionLost(ILogger logger, Exception exception, PeerText kind, long milliseconds, PeerText loss);

    [LoggerMessage(20, LogLevel.Debug, "{Kind} was ended by this side after {Milliseconds} ms, before its status: {Why}", EventName = "SessionAborted")]
    public static partial void SessionAborted(ILogger logger, PeerText kind, long milliseconds, PeerText why);

    [LoggerMessage(EventId = 15, Message = "Forward to pod {Namespace}/{Pod}: {What}", EventName = "ForwardEvent")]
    public static partial void Forward(ILogger logger, LogLevel level, Exception? exception, PeerText @namespace, PeerText pod, PeerText what);

    [LoggerMessage(16, LogLevel.Debug, "Forward to pod {Namespace}/{Pod}, connection at {Local} to port {Port}: {What}", EventName = "ForwardConnectionEvent")]
    public static partial void ForwardConnection(ILogger logger, Exception? exception, PeerText @namespace, PeerText pod, PeerText local, int port, PeerText what);
}
