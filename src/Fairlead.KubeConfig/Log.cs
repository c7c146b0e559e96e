using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.KubeConfig;

/// <summary>
/// What this room logs: which kubeconfig and context were taken, what is sent as credentials by its kind alone, plugins' runs without what
/// they print, requests without their query.
/// </summary>
static partial class Log
{
    /// <summary>The category of this room.</summary>
    internal const string Category = "Fairlead.KubeConfig";

    [LoggerMessage(1, LogLevel.Debug, "Kubeconfig {Files}: context {Context}, namespace {Namespace}, server {Server}",
        EventName = "KubeConfigRead")]
    public static partial void Read(ILogger logger, PeerText files, PeerText context, PeerText @namespace, PeerText server);

    [LoggerMessage(2, LogLevel.Debug, "Shows itself by {Credentials}, believes servers by {Trust}, goes through {Proxy}",
        EventName = "ConnectionMade")]
    public static partial void Connection(ILogger logger, PeerText credentials, PeerText trust, PeerText proxy);

    [LoggerMessage(3, LogLevel.Debug, "The credential plugin {Plugin} begins; it may ask questions: {Interactive}",
        EventName = "PluginBegins")]
    public static partial void PluginBegins(ILogger logger, PeerText plugin, bool interactive);

    [LoggerMessage(4, LogLevel.Debug, "The credential plugin {Plugin} ended with exit code {Code} after {Milliseconds} ms",
        EventName = "PluginEnded")]
    public static partial void PluginEnded(ILogger logger, PeerText plugin, int code, long milliseconds);

    [LoggerMessage(5, LogLevel.Debug, "The credential plugin {Plugin} gave no credentials after {Milliseconds} ms",
        EventName = "PluginFailed")]
    public static partial void PluginFailed(ILogger logger, Exception exception, PeerText plugin, long milliseconds);

    [LoggerMessage(8, LogLevel.Debug, "The credential plugin {Plugin} was ended after {Milliseconds} ms: nobody waits for it any more",
        EventName = "PluginAbandoned")]
    public static partial void PluginAbandoned(ILogger logger, PeerText plugin, long milliseconds);

    [LoggerMessage(9, LogLevel.Debug, "The credential plugin {Plugin} gave credentials that have expired already, at {Expiry:u}",
        EventName = "PluginExpired")]
    public static partial void PluginExpired(ILogger logger, PeerText plugin, DateTimeOffset expiry);

    [LoggerMessage(6, LogLevel.Debug, "GET {Path} was answered with {Code} after {Milliseconds} ms", EventName = "RequestAnswered")]
    public static partial void Answered(ILogger logger, PeerText path, int code, long milliseconds);

    [LoggerMessage(7, LogLevel.Debug, "GET {Path} failed after {Milliseconds} ms", EventName = "RequestFailed")]
    public static partial void Failed(ILogger logger, Exception exception, PeerText path, long milliseconds);
}
