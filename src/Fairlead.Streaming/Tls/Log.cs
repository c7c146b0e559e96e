using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Streaming.Tls;

/// <summary>What is told of files that are watched. Never what is in them, but for certificates' subjects and dates.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{What}: changed on disk and taken {Certificates}", EventName = "FilesTaken")]
    public static partial void Taken(ILogger logger, PeerText what, PeerText certificates);

    [LoggerMessage(2, LogLevel.Warning, "{What}: changed on disk and not taken, the former stays in force: {Reason}",
        EventName = "FilesNotTaken")]
    public static partial void NotTaken(ILogger logger, PeerText what, PeerText reason);

    [LoggerMessage(3, LogLevel.Warning, "{What}: a certificate is over: {Certificate}", EventName = "CertificateExpired")]
    public static partial void Expired(ILogger logger, PeerText what, PeerText certificate);
}
