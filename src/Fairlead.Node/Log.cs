using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Node;

/// <summary>What this room logs. Never a token, never what a session carries.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The cluster could not be asked what {User} may do: {Why}", EventName = "ClusterNotAsked")]
    public static partial void ClusterNotAsked(ILogger logger, Exception exception, PeerText user, PeerText why);

    [LoggerMessage(2, LogLevel.Warning, "The kubelet could not be asked by {Method}: {Why}", EventName = "KubeletNotAsked")]
    public static partial void KubeletNotAsked(ILogger logger, Exception? exception, PeerText method, PeerText why);

    [LoggerMessage(3, LogLevel.Warning, "{Why}; streams are refused until it does", EventName = "RuntimeAway")]
    public static partial void RuntimeAway(ILogger logger, PeerText why);

    [LoggerMessage(5, LogLevel.Information,
        "Sessions end with this process: no service manager keeps their descriptors (NOTIFY_SOCKET, FDSTORE)",
        EventName = "SessionsEndWithProcess")]
    public static partial void SessionsEndWithProcess(ILogger logger);

    [LoggerMessage(4, LogLevel.Information, "The container runtime answers: {Runtime}", EventName = "RuntimeThere")]
    public static partial void RuntimeThere(ILogger logger, PeerText runtime);
}
