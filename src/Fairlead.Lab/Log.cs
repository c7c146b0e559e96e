using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab;

/// <summary>What this room logs: that a process could not be started, and how a container's own process ended. Never a command.</summary>
static partial class Log
{
    [LoggerMessage(2, LogLevel.Debug, "The main process {Process} of container {Container} in pod {Pod} runs",
        EventName = "MainProcessRuns")]
    public static partial void MainRuns(ILogger logger, int process, PeerText container, PeerText pod);

    [LoggerMessage(3, LogLevel.Debug, "The main process of container {Container} in pod {Pod} could not be started",
        EventName = "MainProcessNotStarted")]
    public static partial void MainNotStarted(ILogger logger, Exception exception, PeerText container, PeerText pod);

    [LoggerMessage(4, LogLevel.Debug,
        "The main process of container {Container} in pod {Pod} ended with exit code {Code}; it is started again: {Again}",
        EventName = "MainProcessEnded")]
    public static partial void MainEnded(ILogger logger, PeerText container, PeerText pod, int code, bool again);

    [LoggerMessage(5, LogLevel.Error, "Container {Container} in pod {Pod} could not be kept: it is not started again",
        EventName = "ContainerFailed")]
    public static partial void ContainerFailed(ILogger logger, Exception exception, PeerText container, PeerText pod);
}
