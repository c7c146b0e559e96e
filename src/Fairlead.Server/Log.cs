using System.Net;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server;

/// <summary>What this room logs. Never a token, never what a session carries.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "{Method} {Path} refused with {Code}: {Message}", EventName = "RequestRefused")]
    public static partial void RequestRefused(ILogger logger, PeerText method, PeerText path, int? code, PeerText message);

    [LoggerMessage(2, LogLevel.Error, "{Method} {Path} failed", EventName = "RequestFailed")]
    public static partial void RequestFailed(ILogger logger, Exception exception, PeerText method, PeerText path);

    [LoggerMessage(3, LogLevel.Error, "The runtime failed during {Kind} in container {Container} of pod {Namespace}/{Pod}",
        EventName = "RuntimeFailed")]
    public static partial void RuntimeFailed(
        ILogger logger, Exception exception, PeerText kind, PeerText container, PeerText @namespace, PeerText pod);

    [LoggerMessage(4, LogLevel.Debug, "{Kind} by {User} in container {Container} of pod {Namespace}/{Pod} over {Protocol} begins",
        EventName = "SessionBegins")]
    public static partial void SessionBegins(
        ILogger logger, PeerText kind, PeerText user, PeerText container, PeerText @namespace, PeerText pod, PeerText protocol);

    [LoggerMessage(5, LogLevel.Debug, "{Kind} by {User} in container {Container} of pod {Namespace}/{Pod} ended: {Outcome}",
        EventName = "SessionEnded")]
    public static partial void SessionEnded(
        ILogger logger, PeerText kind, PeerText user, PeerText container, PeerText @namespace, PeerText pod, PeerText outcome);

    [LoggerMessage(12, LogLevel.Debug, "{Kind} by {User} in container {Container} of pod {Namespace}/{Pod} lost its client",
        EventName = "ClientLost")]
    public static partial void ClientLost(
        ILogger logger, Exception exception, PeerText kind, PeerText user, PeerText container, PeerText @namespace, PeerText pod);

    [LoggerMessage(6, LogLevel.Debug, "Port-forward by {User} to pod {Namespace}/{Pod} over {Protocol} begins",
        EventName = "ForwardBegins")]
    public static partial void ForwardBegins(ILogger logger, PeerText user, PeerText @namespace, PeerText pod, PeerText protocol);

    [LoggerMessage(7, LogLevel.Debug, "Port-forward by {User} to pod {Namespace}/{Pod} ended after {Connections} connections",
        EventName = "ForwardEnded")]
    public static partial void ForwardEnded(ILogger logger, PeerText user, PeerText @namespace, PeerText pod, long connections);

    [LoggerMessage(8, LogLevel.Information, "No connection to port {Port} of pod {Namespace}/{Pod}: {Fault}, {Reason}",
        EventName = "ConnectionRefused")]
    public static partial void ConnectionRefused(
        ILogger logger, int port, PeerText @namespace, PeerText pod, PeerText fault, PeerText reason);

    [LoggerMessage(9, LogLevel.Information,
        "Connection to port {Port} of pod {Namespace}/{Pod} was reset after {Sent} bytes to it and {Received} from it: {Reason}",
        EventName = "ConnectionReset")]
    public static partial void ConnectionReset(
        ILogger logger, int port, PeerText @namespace, PeerText pod, long sent, long received, PeerText reason);

    [LoggerMessage(11, LogLevel.Warning,
        "New connections at {EndPoint} have to wait: {Reason}; seen {Count} times since this was last said", EventName = "ConnectionsWait")]
    public static partial void ConnectionsWait(ILogger logger, EndPoint endPoint, PeerText reason, int count);

    [LoggerMessage(10, LogLevel.Debug,
        "Connection to port {Port} of pod {Namespace}/{Pod} ended after {Sent} bytes to it and {Received} from it",
        EventName = "ConnectionEnded")]
    public static partial void ConnectionEnded(ILogger logger, int port, PeerText @namespace, PeerText pod, long sent, long received);

    [LoggerMessage(19, LogLevel.Debug,
        "{Kind} by {User} in container {Container} of pod {Namespace}/{Pod} has no connection and is kept for {Seconds} s: {Why}",
        EventName = "SessionKept")]
    public static partial void SessionKept(
        ILogger logger, PeerText kind, PeerText user, PeerText container, PeerText @namespace, PeerText pod, long seconds, PeerText why);

    [LoggerMessage(20, LogLevel.Debug, "{Kind} by {User} in container {Container} of pod {Namespace}/{Pod} goes on by another connection",
        EventName = "SessionResumed")]
    public static partial void SessionResumed(
        ILogger logger, PeerText kind, PeerText user, PeerText container, PeerText @namespace, PeerText pod);

    [LoggerMessage(21, LogLevel.Information,
        "{Kind} by {User} in container {Container} of pod {Namespace}/{Pod}: the opening of a session was refused with {Code}: {Why}",
        EventName = "OpeningRefused")]
    public static partial void OpeningRefused(
        ILogger logger, PeerText kind, PeerText user, PeerText container, PeerText @namespace, PeerText pod, PeerText code, PeerText why);

    [LoggerMessage(13, LogLevel.Debug, "A command could not be started, which is told to its client", EventName = "CommandNotStarted")]
    public static partial void CommandNotStarted(ILogger logger, Exception exception);

    [LoggerMessage(14, LogLevel.Error, "The session of a command failed; the command is ended", EventName = "CommandSessionFailed")]
    public static partial void CommandSessionFailed(ILogger logger, Exception exception);

    [LoggerMessage(15, LogLevel.Warning, "What a command left behind could not be tidied up", EventName = "CommandNotTidied")]
    public static partial void CommandNotTidied(ILogger logger, Exception exception);

    [LoggerMessage(16, LogLevel.Warning, "This machine's addresses cannot be looked up", EventName = "AddressesNotFound")]
    public static partial void AddressesNotFound(ILogger logger, Exception exception);

    [LoggerMessage(17, LogLevel.Information, "The address {Address} is gone: it is not listened on any more", EventName = "AddressGone")]
    public static partial void AddressGone(ILogger logger, IPAddress address);

    [LoggerMessage(18, LogLevel.Warning, "The address {Address} is not listened on: {Reason}; it is tried again",
        EventName = "AddressNotBound")]
    public static partial void AddressNotBound(ILogger logger, Exception exception, IPAddress address, PeerText reason);

    [LoggerMessage(22, LogLevel.Information, "{Count} sessions are saved for the next process", EventName = "SessionsSaved")]
    public static partial void SessionsSaved(ILogger logger, int count);

    [LoggerMessage(23, LogLevel.Warning, "The saved session {File} is lost, and its command is ended: {Why}",
        EventName = "SessionNotRestored")]
    public static partial void SessionNotRestored(ILogger logger, PeerText file, PeerText why);

    [LoggerMessage(24, LogLevel.Warning, "The kept descriptor {Name} belongs to no saved session: it is closed",
        EventName = "DescriptorWithoutSession")]
    public static partial void DescriptorWithoutSession(ILogger logger, PeerText name);

    [LoggerMessage(25, LogLevel.Information,
        "{Kind} by {User} in container {Container} of pod {Namespace}/{Pod} goes on in this process, and waits for its client",
        EventName = "SessionRestored")]
    public static partial void SessionRestored(
        ILogger logger, PeerText kind, PeerText user, PeerText container, PeerText @namespace, PeerText pod);

    [LoggerMessage(26, LogLevel.Error,
        "{Kind} by {User} in container {Container} of pod {Namespace}/{Pod} could not be saved for the next process: it is ended",
        EventName = "SessionNotSaved")]
    public static partial void SessionNotSaved(
        ILogger logger, Exception exception, PeerText kind, PeerText user, PeerText container, PeerText @namespace, PeerText pod);
}
