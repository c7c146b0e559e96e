using Fairlead.Streaming.Relays;
using Fairlead.Wire;

namespace Fairlead.Gateway.Sessions;

/// <summary>Ends a running session by name: idle for too long, too old, its caller no longer allowed, or the gateway stopping.</summary>
sealed class SessionWatch : IAsyncDisposable
{
    static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(10), s_longest = TimeSpan.FromHours(1);

    readonly RelayTraffic _traffic;
    readonly GatewayOptions _options;
    readonly Func<CancellationToken, Task<bool>> _mayGoOn;
    readonly Action<Status> _end;
    readonly CancellationTokenSource _over = new();
    readonly CancellationTokenRegistration _stop;
    readonly Task _watching;

    /// <summary>Begins to watch.</summary>
    /// <param name="traffic">Says how long the session has been idle.</param>
    /// <param name="options">The limits.</param>
    /// <param name="mayGoOn">Asks about the caller again.</param>
    /// <param name="end">Ends the session.</param>
    /// <param name="stopping">Fires when the gateway's drain period is over.</param>
    internal SessionWatch(RelayTraffic traffic, GatewayOptions options, Func<CancellationToken, Task<bool>> mayGoOn, Action<Status> end, CancellationToken stopping)
    {
        (_traffic, _options, _mayGoOn, _end) = (traffic, options, mayGoOn, end);
        _stop = stopping.UnsafeRegister(static watch => ((SessionWatch)watch!)._end(SessionEndings.Draining), this);
        bool isUnlimited = options is { IdleTimeout: null, MaxSessionAge: null, ReauthorizeEvery: null };
        _watching = isUnlimited ? Task.CompletedTask : WatchAsync();
    }

    async Task WatchAsync()
    {
        TimeProvider time = _options.Clock;
        long begun = time.GetTimestamp(), asked = begun;
        try
        {
            while (true)
            {
                TimeSpan idle = (_options.IdleTimeout ?? TimeSpan.MaxValue) - _traffic.IdleFor;
                TimeSpan age = (_options.MaxSessionAge ?? TimeSpan.MaxValue) - time.GetElapsedTime(begun);
                TimeSpan again = (_options.ReauthorizeEvery ?? TimeSpan.MaxValue) - time.GetElapsedTime(asked);
                Status? reason = age <= TimeSpan.Zero ? SessionEndings.TooOld(_options.MaxSessionAge!.Value)
                    : idle <= TimeSpan.Zero ? SessionEndings.Idle(_options.IdleTimeout!.Value)
                    : null;
                if (reason is null && again <= TimeSpan.Zero)
                {
                    asked = time.GetTimestamp();
                    if (await _mayGoOn(_over.Token)) continue;
                    reason = SessionEndings.NoLongerAllowed;
                }

                if (reason is not null)
                {
                    _end(reason);
                    return;
                }

                TimeSpan next = idle < age ? idle : age;
                next = next < again ? next : again;
                await Task.Delay(next < s_shortest ? s_shortest : next > s_longest ? s_longest : next, time, _over.Token);
            }
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            // the session has ended by itself
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _watching;
        await _stop.DisposeAsync();
        _over.Dispose();
    }
}
