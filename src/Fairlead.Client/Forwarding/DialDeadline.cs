namespace Fairlead.Client.Forwarding;

/// <summary>
/// A time limit for what may need new credentials: when it is over while they are fetched, it begins anew, since a person may be signing
/// in, and a plugin has a limit of its own.
/// </summary>
#pragma warning disable CA1001 // a source without a timer, whose wait handle nobody asks for, holds nothing to dispose
sealed class DialDeadline : IDisposable
{
#pragma warning restore CA1001
    readonly CancellationTokenSource _over = new();
    readonly ITimer _timer;

    /// <summary>Begins it.</summary>
    /// <param name="limit">How long it is.</param>
    /// <param name="isFetching">True while credentials are fetched.</param>
    /// <param name="time">The clock.</param>
    public DialDeadline(TimeSpan limit, Func<bool> isFetching, TimeProvider time)
    {
        _timer = time.CreateTimer(
            _ =>
            {
                if (isFetching()) _timer!.Change(limit, Timeout.InfiniteTimeSpan);
                else _over.Cancel();
            },
            null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Fires when it is over.</summary>
    public CancellationToken Token => _over.Token;

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
