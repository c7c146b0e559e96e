using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway;

/// <summary>What this room logs. Never a query, a header, a token, nor what a session carries.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "{Method} {Path} by {Who} refused with {Code} {Reason}", EventName = "RequestRefused")]
    public static partial void RequestRefused(ILogger logger, PeerText method, PeerText path, PeerText who, int? code, PeerText reason);

    [LoggerMessage(2, LogLevel.Error, "{Method} {Path} failed with {Kind}", EventName = "RequestFailed")]
    public static partial void RequestFailed(ILogger logger, PeerText method, PeerText path, PeerText kind);

    [LoggerMessage(3, LogLevel.Debug, "{Kind} by {Who} in pod {Namespace}/{Pod} begins: {Client} to {Server}, fallback: {FellBack}", EventName = "SessionBegins")]
    public static partial void SessionBegins(ILogger logger, PeerText kind, PeerText who, PeerText @namespace, PeerText pod, PeerText client, PeerText server, bool fellBack);

    [LoggerMessage(4, LogLevel.Information, "The gateway drains: no new sessions, {Running} are running", EventName = "Draining")]
    public static partial void Draining(ILogger logger, int running);

    [LoggerMessage(5, LogLevel.Warning, "The server behind could not be asked what {Who} may do: {Kind}", EventName = "ReviewFailed")]
    public static partial void ReviewFailed(ILogger logger, PeerText who, PeerText kind);

    [LoggerMessage(6, LogLevel.Error, "The audit did not take a session's line: {Kind}", EventName = "AuditFailed")]
    public static partial void AuditFailed(ILogger logger, PeerText kind);
}
