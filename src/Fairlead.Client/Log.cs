using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Client;

/// <summary>What this room logs: how a session came about and ended, and what befell a forward. Never a command.</summary>
static partial class Log
{
    internal const string Category = "Fairlead.Client";

    [LoggerMessage(3, LogLevel.Debug,
        "Opening {Kind} in pod {Namespace}/{Pod}, container {Container}: stdin {Stdin}, stdout {Stdout}, stderr {Stderr}, terminal {Tty}",
        EventName = "Opening")]
    public static partial void Opening(ILogger logger, PeerText kind, PeerText @namespace, PeerText pod, PeerText container, bool stdin,
        bool stdout, bool stderr, bool tty);

    [LoggerMessage(12, LogLevel.Debug, "{Kind} is open over {Connection} after {Milliseconds} ms", EventName = "Opened")]
    public static partial void Opened(ILogger logger, PeerText kind, PeerText connection, long milliseconds);

    [LoggerMessage(13, LogLevel.Debug, "{Kind} ended after {Milliseconds} ms with status {Outcome}", EventName = "StatusReceived")]
    public static partial void StatusReceived(ILogger logger, PeerText kind, long milliseconds, PeerText outcome);

    [LoggerMessage(14, LogLevel.Warning, "{Kind} was lost after {Milliseconds} ms ({Loss}): whether the command finished is not known",
        EventName = "SessionLost")]
    public static partial void SessionLost(ILogger logger, Exception exception, PeerText kind, long milliseconds, PeerText loss);

    [LoggerMessage(20, LogLevel.Debug, "{Kind} was ended by this side after {Milliseconds} ms, before its status: {Why}",
        EventName = "SessionAborted")]
    public static partial void SessionAborted(ILogger logger, PeerText kind, long milliseconds, PeerText why);

    [LoggerMessage(21, LogLevel.Debug, "{Kind} has lost its connection; another one is tried for {Seconds} s",
        EventName = "ConnectionLost")]
    public static partial void ConnectionLost(ILogger logger, PeerText kind, long seconds);

    [LoggerMessage(22, LogLevel.Debug, "{Kind} goes on by another connection", EventName = "Resumed")]
    public static partial void Resumed(ILogger logger, PeerText kind);

    [LoggerMessage(EventId = 15, Message = "Forward to pod {Namespace}/{Pod}: {What}", EventName = "ForwardEvent")]
    public static partial void Forward(
        ILogger logger, LogLevel level, Exception? exception, PeerText @namespace, PeerText pod, PeerText what);

    [LoggerMessage(16, LogLevel.Debug, "Forward to pod {Namespace}/{Pod}, connection at {Local} to port {Port}: {What}",
        EventName = "ForwardConnectionEvent")]
    public static partial void ForwardConnection(
        ILogger logger, Exception? exception, PeerText @namespace, PeerText pod, PeerText local, int port, PeerText what);
}
