using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;

namespace Fairlead.Streaming.Resumption;

/// <summary>A channel that the peer writes: counts what has come and what was passed on.</summary>
/// <remarks>Members that change are used under the session's lock.</remarks>
sealed class IncomingChannel
{
    readonly ResumableSession _session;
    long _passed;
    bool _isDropped, _isEnded;

    internal IncomingChannel(ResumableSession session, byte number, int capacity, bool inlineReader)
    {
        (_session, Number) = (session, number);
        Inbound = new InboundChannel(capacity, inlineReader) { OutlivesCarrier = true, Skipped = OnSkipped };
        Reader = new CountedReader(Inbound.Reader, OnPassed, OnCompleted, countsLooks: true);
    }

    internal byte Number { get; }

    /// <summary>What the carrier's read loop fills.</summary>
    internal InboundChannel Inbound { get; }

    internal PipeReader Reader { get; }

    /// <summary>What was told of it last on this carrier.</summary>
    internal long Told { get; set; }

    internal bool IsEnded => _isEnded;

    /// <summary>What has come, the end too.</summary>
    internal long Received => Inbound.Offset + (_isEnded ? 1 : 0);

    /// <summary>What was passed on, which includes what nobody wants; the end is, once all before it was.</summary>
    internal long Passed
    {
        get
        {
            long offset = Inbound.Offset; // the read loop counts on
            return (_isDropped ? offset : _passed) + (_isEnded && (_isDropped || _passed == offset) ? 1 : 0);
        }
    }

    internal void End() => _isEnded = true;

    /// <summary>Nobody reads any more, or the rest is this side's own affair: what comes counts as passed on.</summary>
    internal void Drop() => _isDropped = true;

    void OnPassed(long bytes) => _session.OnPassed(this, bytes);

    void OnCompleted() => _session.OnPassed(this, 0, isDropped: true);

    void OnSkipped() => _session.OnPassed(this, 0);

    internal void Pass(long bytes) => _passed += bytes;
}
