namespace Fairlead.Streaming.WebSockets.Conversations;

/// <summary>
/// How long a carrier takes there and back, by a PING now and then while windows are in use. Never more often: an idle carrier has the
/// WebSocket's own pings.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
sealed class RoundTrip(TimeProvider time)
{
    /// <summary>How long a measurement is taken for true.</summary>
    static readonly TimeSpan s_validity = TimeSpan.FromSeconds(5);

    readonly Lock _lock = new();
    long _askedAt, _measuredAt;
    bool _isAsked, _isKnown;

    /// <summary>The last measurement, less where the one before was less: what waits adds to it. Zero before the first.</summary>
    internal TimeSpan Last { get; private set; }

    /// <summary>True when it is time to ask: the caller then sends a PING.</summary>
    internal bool IsDue()
    {
        lock (_lock)
        {
            if (_isAsked || (_isKnown && time.GetElapsedTime(_measuredAt) < s_validity)) return false;
            _isAsked = true;
            return true;
        }
    }

    /// <summary>A PING goes out.</summary>
    /// <returns>What it says.</returns>
    internal long Ask()
    {
        lock (_lock) return _askedAt = time.GetTimestamp();
    }

    /// <summary>A PONG has come. One that answers no PING of ours is ignored.</summary>
    internal void Answer(long said)
    {
        lock (_lock)
        {
            if (!_isAsked || said != _askedAt) return;
            TimeSpan now = time.GetElapsedTime(_askedAt);
            Last = _isKnown && Last < now ? (Last + now) / 2 : now;
            (_isAsked, _isKnown, _measuredAt) = (false, true, time.GetTimestamp());
        }
    }
}
