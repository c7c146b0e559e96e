using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Files;

/// <summary>What this room logs: the steps of a copy, and what stood in its way.</summary>
static partial class Log
{
    [LoggerMessage(17, LogLevel.Debug, "Copy: {Step}, {Files} files, {Bytes} bytes", EventName = "CopyStep")]
    public static partial void CopyStep(ILogger logger, PeerText step, int files, long bytes);

    [LoggerMessage(18, LogLevel.Debug, "Copy: {What}", EventName = "CopyNotice")]
    public static partial void CopyNotice(ILogger logger, PeerText what);

    [LoggerMessage(19, LogLevel.Warning,
        "Copy: the connection was lost for the {Failure}. time without progress, of {Most} (-1: any number) that are borne",
        EventName = "CopyLost")]
    public static partial void CopyLost(ILogger logger, Exception exception, int failure, int most);
}
