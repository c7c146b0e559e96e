using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Streaming;

/// <summary>What carriers log. Of messages their channel, length and offset; never what is in them.</summary>
static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug,
        "{Kind} {Id} begins as {Side}: pings after {PingSeconds} s of silence, gives up after {LossSeconds} s",
        EventName = "CarrierBegins")]
    public static partial void Begins(ILogger logger, PeerText kind, int id, PeerText side, double pingSeconds, double lossSeconds);

    [LoggerMessage(2, LogLevel.Debug, "{Kind} {Id} ended in order", EventName = "CarrierEnded")]
    public static partial void Ended(ILogger logger, PeerText kind, int id);

    [LoggerMessage(3, LogLevel.Debug, "{Kind} {Id} was lost ({Loss})", EventName = "CarrierLost")]
    public static partial void Lost(ILogger logger, Exception exception, PeerText kind, int id, PeerText loss);

    [LoggerMessage(8, LogLevel.Debug, "{Kind} {Id} was ended by this side: {Why}", EventName = "CarrierAborted")]
    public static partial void Aborted(ILogger logger, PeerText kind, int id, PeerText why);

    [LoggerMessage(9, LogLevel.Error, "{Kind} {Id} was ended by a fault of this program", EventName = "CarrierFailed")]
    public static partial void Failed(ILogger logger, Exception exception, PeerText kind, int id);

    [LoggerMessage(4, LogLevel.Debug,
        "{Kind} {Id}: nothing came from the peer for {Silent} s although it was pinged; it is lost after {Most} s",
        EventName = "PeerSilent")]
    public static partial void Silent(ILogger logger, PeerText kind, int id, double silent, double most);

    [LoggerMessage(5, LogLevel.Trace, "{Kind} {Id} received {Length} bytes at {Offset} on {Channel}", EventName = "MessageReceived")]
    public static partial void Received(ILogger logger, PeerText kind, int id, long length, long offset, PeerText channel);

    [LoggerMessage(6, LogLevel.Trace, "{Kind} {Id} sent {Length} bytes at {Offset} on {Channel}", EventName = "MessageSent")]
    public static partial void Sent(ILogger logger, PeerText kind, int id, long length, long offset, PeerText channel);

    [LoggerMessage(7, LogLevel.Debug, "{Kind} {Id}: the peer reset stream {Stream} with status {Status}", EventName = "StreamReset")]
    public static partial void StreamReset(ILogger logger, PeerText kind, int id, uint stream, PeerText status);
}
