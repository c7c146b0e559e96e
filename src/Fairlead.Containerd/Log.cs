using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Containerd;

/// <summary>What this room logs. Never a token, never what a session carries.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The command {Exec} in container {Container} was left by a process that is gone: it is ended",
        EventName = "SweptExec")]
    public static partial void SweptExec(ILogger logger, PeerText exec, PeerText container);

    [LoggerMessage(2, LogLevel.Warning, "A command that has ended could not be tidied up in containerd; the next start does",
        EventName = "TailFailed")]
    public static partial void TailFailed(ILogger logger, Exception exception);
}
