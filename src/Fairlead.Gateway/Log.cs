using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway;

/// <summary>What this room logs. Never a query, a header, a token, nor what a session carries.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "{Method} {Path} by {Who} refused with {Code} {Reason}: {Message}", EventName = "RequestRefused")]
    public static partial void RequestRefused(
        ILogger logger, PeerText method, PeerText path, PeerText who, int? code, PeerText reason, PeerText message);

    [LoggerMessage(2, LogLevel.Error, "{Method} {Path} failed", EventName = "RequestFailed")]
    public static partial void RequestFailed(ILogger logger, Exception exception, PeerText method, PeerText path);

    [LoggerMessage(3, LogLevel.Debug, "{Kind} by {Who} in pod {Namespace}/{Pod} begins: {Client} to {Server}, fallback: {FellBack}",
        EventName = "SessionBegins")]
    public static partial void SessionBegins(
        ILogger logger, PeerText kind, PeerText who, PeerText @namespace, PeerText pod, PeerText client, PeerText server, bool fellBack);

    [LoggerMessage(4, LogLevel.Information, "The gateway drains: no new sessions, {Running} are running", EventName = "Draining")]
    public static partial void Draining(ILogger logger, int running);

    [LoggerMessage(5, LogLevel.Warning, "The server behind could not be asked what {Who} may do: {Why}", EventName = "ReviewFailed")]
    public static partial void ReviewFailed(ILogger logger, Exception? exception, PeerText who, PeerText why);

    [LoggerMessage(6, LogLevel.Error, "The audit did not take a session's line", EventName = "AuditFailed")]
    public static partial void AuditFailed(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Debug,
        "{Kind} by {Who} in pod {Namespace}/{Pod} ended after {Milliseconds} ms: {End}; {ToServer} bytes to the server, {ToClient} " +
        "to the client", EventName = "SessionEnded")]
    public static partial void SessionEnded(
        ILogger logger, PeerText kind, PeerText who, PeerText @namespace, PeerText pod, long milliseconds, PeerText end, long toServer,
        long toClient);

    [LoggerMessage(8, LogLevel.Debug, "{Kind} by {Who} in pod {Namespace}/{Pod} lost the server behind: {Why}", EventName = "ServerLost")]
    public static partial void ServerLost(ILogger logger, PeerText kind, PeerText who, PeerText @namespace, PeerText pod, PeerText why);

    [LoggerMessage(14, LogLevel.Debug, "{Kind} by {Who} in pod {Namespace}/{Pod} was ended by the gateway: {Why}",
        EventName = "SessionStopped")]
    public static partial void SessionStopped(
        ILogger logger, PeerText kind, PeerText who, PeerText @namespace, PeerText pod, PeerText why);

    [LoggerMessage(EventId = 9, Message = "{Kind} by {Who} in pod {Namespace}/{Pod}: the server behind opened no session: {Why}",
        EventName = "DialFailed")]
    public static partial void DialFailed(
        ILogger logger, LogLevel level, Exception exception, PeerText kind, PeerText who, PeerText @namespace, PeerText pod, PeerText why);

    [LoggerMessage(EventId = 10, Message = "{Method} {Path} by {Who} was not passed on: {Why}", EventName = "ForwardFailed")]
    public static partial void ForwardFailed(
        ILogger logger, LogLevel level, Exception? exception, PeerText method, PeerText path, PeerText who, PeerText why);

    [LoggerMessage(11, LogLevel.Information,
        "The connection to port {Port} of pod {Namespace}/{Pod} was refused or reset: {Fault}, {Reason}", EventName = "ConnectionFailed")]
    public static partial void ConnectionFailed(
        ILogger logger, int port, PeerText @namespace, PeerText pod, PeerText fault, PeerText reason);

    [LoggerMessage(12, LogLevel.Information, "The gateway will end: /readyz fails, new sessions are taken for {Period} yet",
        EventName = "EndAnnounced")]
    public static partial void EndAnnounced(ILogger logger, TimeSpan period);

    [LoggerMessage(13, LogLevel.Warning,
        "A connection from the trusted proxy {Address} was closed: it did not begin with a PROXY header that can be read",
        EventName = "ProxyHeaderMissing")]
    public static partial void ProxyHeaderMissing(ILogger logger, PeerText address);

    [LoggerMessage(15, LogLevel.Warning, "An HTTP/2 connection to the server behind was lost with all sessions on it: {Why}",
        EventName = "ConnectionLost")]
    public static partial void ConnectionLost(ILogger logger, PeerText why);
}
