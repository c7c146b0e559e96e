using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Logging;

/// <summary>What the command itself logs: that a verb begins and how it ends. Never its arguments.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "{Verb} begins: fairlead {Version}, process {Process}", EventName = "VerbBegins")]
    public static partial void Begins(ILogger logger, PeerText verb, PeerText version, int process);

    [LoggerMessage(2, LogLevel.Debug, "{Verb} ends with exit code {Code} after {Milliseconds} ms", EventName = "VerbEnded")]
    public static partial void Ended(ILogger logger, PeerText verb, int code, long milliseconds);

    [LoggerMessage(3, LogLevel.Error, "{Verb} failed after {Milliseconds} ms", EventName = "VerbFailed")]
    public static partial void Failed(ILogger logger, Exception exception, PeerText verb, long milliseconds);

    [LoggerMessage(4, LogLevel.Information, "{Verb} is told to end by {Signal}", EventName = "Signalled")]
    public static partial void Signalled(ILogger logger, PeerText verb, PeerText signal);

    [LoggerMessage(6, LogLevel.Error, "port-forward ends: the connection to the pod was lost", EventName = "ForwardLost")]
    public static partial void Lost(ILogger logger, Exception exception);

    [LoggerMessage(5, LogLevel.Debug, "{Verb} ends after {Milliseconds} ms, since the reader of its output went away",
        EventName = "OutputClosed")]
    public static partial void OutputClosed(ILogger logger, PeerText verb, long milliseconds);

    [LoggerMessage(7, LogLevel.Information, "Process {Process} has taken over; this one goes on with its sessions",
        EventName = "TakenOver")]
    public static partial void TakenOver(ILogger logger, int process);

    [LoggerMessage(8, LogLevel.Error, "No new process has taken over: it did not come to serve. This one goes on",
        EventName = "NotTakenOver")]
    public static partial void NotTakenOver(ILogger logger, Exception? exception);
}
