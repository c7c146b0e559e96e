using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Streaming;

/// <summary>
/// Tells the log of one carrier. Whether its messages are told is asked once, when it begins: with trace off they cost nothing.
/// </summary>
/// <remarks>What is received is told by the read loop alone, what is sent by the write loop alone.</remarks>
sealed class CarrierLog
{
    static int s_last;

    readonly ILogger _logger;
    readonly string _kind;
    readonly WithheldWords _withheld;
    readonly int _id = Interlocked.Increment(ref s_last); // distinguishes this carrier's lines from those of other carriers
    readonly Dictionary<uint, long> _received = [], _sent = [];
    TimeSpan _nextSilence;

    internal CarrierLog(string kind, bool isServer, CarrierLimits limits)
    {
        (_logger, _kind, _withheld, _nextSilence) = (limits.Logger, kind, limits.Withheld, limits.PingAfter * 2);
        Messages = _logger.IsEnabled(LogLevel.Trace) ? this : null;
        Log.Begins(_logger, kind, _id, isServer ? "server" : "client", limits.PingAfter.TotalSeconds, limits.PingTimeout.TotalSeconds);
    }

    /// <summary>Itself where messages are told; null otherwise.</summary>
    internal CarrierLog? Messages { get; }

    internal void Ended(SessionLostException? loss)
    {
        if (loss is null) Log.Ended(_logger, _kind, _id);
        else if (loss.Kind is SessionLoss.LocalAbort) Log.Aborted(_logger, _kind, _id, loss.Message);
        else Log.Lost(_logger, loss, _kind, _id, loss.Kind.ToString());
    }

    /// <summary>Tells of a fault of ours, with its stack.</summary>
    /// <returns>What the session is told of it.</returns>
    internal SessionLostException Failed(Exception fault)
    {
        Log.Failed(_logger, WithheldException.Of(fault, _withheld), _kind, _id);
        return LoopFault.OfOurs(fault);
    }

    /// <summary>Called at every check; logs once for each further period of pings without an answer.</summary>
    internal void Silent(TimeSpan silent, CarrierLimits limits, TimeSpan deadline)
    {
        if (silent < limits.PingAfter) _nextSilence = limits.PingAfter * 2;
        if (silent < _nextSilence || silent >= deadline) return;
        _nextSilence = silent + limits.PingAfter;
        Log.Silent(_logger, _kind, _id, Math.Round(silent.TotalSeconds, 1), deadline.TotalSeconds);
    }

    internal void Received(uint channel, string name, long length) =>
        Log.Received(_logger, _kind, _id, length, Pass(_received, channel, length), name);

    internal void Sent(uint channel, string name, long length) => Log.Sent(_logger, _kind, _id, length, Pass(_sent, channel, length), name);

    internal void StreamReset(uint stream, string status) => Log.StreamReset(_logger, _kind, _id, stream, status);

    static long Pass(Dictionary<uint, long> offsets, uint channel, long length)
    {
        long offset = offsets.GetValueOrDefault(channel);
        offsets[channel] = offset + length;
        return offset;
    }
}
