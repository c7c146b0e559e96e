namespace Fairlead.Streaming.Resumption.Asking;

/// <summary>How long to wait between tries: hardly at first, then twice as long each time, never all at the same moment.</summary>
/// <param name="random">Between 0 and 1, anew for each call.</param>
sealed class Backoff(Func<double> random)
{
    static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100), s_longest = TimeSpan.FromSeconds(10);

    TimeSpan _next = s_first;

    /// <summary>A try succeeded.</summary>
    internal void Reset() => _next = s_first;

    /// <returns>Between half of the present step and all of it.</returns>
    internal TimeSpan Next()
    {
        TimeSpan wait = _next * (0.5 + random() / 2);
        _next = _next * 2 > s_longest ? s_longest : _next * 2;
        return wait;
    }
}
