using Fairlead.Gateway.Callers;
using Fairlead.Streaming.Relays;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Gateway.Sessions;

/// <summary>
/// Ends a running session by name: idle for too long, too old, its caller no longer allowed or not to be asked about for too long, or the
/// gateway stopping. It ends after its session and for no other reason.
/// </summary>
sealed class SessionWatch : IAsyncDisposable
{
    static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10), s_longest = TimeSpan.FromHours(1);

    readonly RelayTraffic _traffic;
    readonly GatewayOptions _options;
    readonly CallerReviews? _reviews;
    readonly Action<Status> _end;
    readonly CancellationTokenSource _over = new();
    readonly CancellationTokenRegistration _stop;
    readonly Task _watching;

    /// <summary>Begins to watch.</summary>
    /// <param name="traffic">Says how long the session has been idle.</param>
    /// <param name="options">The limits.</param>
    /// <param name="ask">Asks about the caller again.</param>
    /// <param name="end">Ends the session.</param>
    /// <param name="logger">Learns of questions that fail.</param>
    /// <param name="stopping">Fires when the gateway's drain period is over.</param>
    internal SessionWatch(
        RelayTraffic traffic, GatewayOptions options, Func<CancellationToken, Task<CreateAnswer>> ask, Action<Status> end, ILogger logger,
        CancellationToken stopping)
    {
        (_traffic, _options, _end) = (traffic, options, end);
        _stop = stopping.UnsafeRegister(static watch => ((SessionWatch)watch!)._end(SessionEndings.Draining), this);
        if (options.ReauthorizeEvery is { } every)
            _reviews = new CallerReviews(ask, every, options.ReviewerGrace, options.Clock, logger, _over.Token);
        bool isUnlimited = _reviews is null && options is { IdleTimeout: null, MaxSessionAge: null };
        _watching = isUnlimited ? Task.CompletedTask : WatchAsync();
    }

    async Task WatchAsync()
    {
        TimeProvider time = _options.Clock;
        long begun = time.GetTimestamp();
        try
        {
            while (true)
            {
                TimeSpan idle = (_options.IdleTimeout ?? TimeSpan.MaxValue) - _traffic.IdleFor;
                TimeSpan age = (_options.MaxSessionAge ?? TimeSpan.MaxValue) - time.GetElapsedTime(begun);
                Status? reason = age <= TimeSpan.Zero ? SessionEndings.TooOld(_options.MaxSessionAge!.Value)
                    : idle <= TimeSpan.Zero ? SessionEndings.Idle(_options.IdleTimeout!.Value)
                    : _reviews?.Look();
                if (reason is not null)
                {
                    _end(reason);
                    return;
                }

                TimeSpan next = idle < age ? idle : age;
                if (_reviews is not null && _reviews.Next < next) next = _reviews.Next;
                next = next < s_shortest ? s_shortest : next > s_longest ? s_longest : next;
                await WaitAsync(next, time);
            }
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            // the session has ended by itself
        }
    }

    /// <summary>Waits so long, or until a question has its answer: the other limits go on while it is asked.</summary>
    async Task WaitAsync(TimeSpan limit, TimeProvider time)
    {
        if (_reviews?.Asking is not { } asking)
        {
            await Task.Delay(limit, time, _over.Token);
            return;
        }

        using CancellationTokenSource answered = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
        await Task.WhenAny(asking, Task.Delay(limit, time, answered.Token));
        await answered.CancelAsync();
        _over.Token.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _watching;
        await _stop.DisposeAsync();
        _over.Dispose();
    }
}
