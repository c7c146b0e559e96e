using Fairlead.Streaming.PortForward;
using Fairlead.Wire;

namespace Fairlead.Client.Forwarding;

/// <summary>The way to the pod, whatever happens to it: holds the carrier, notices its loss, dials again.</summary>
sealed class ForwardLine : IAsyncDisposable
{
    readonly ForwardDialer _dialer;
    readonly ForwardOptions _options;
    readonly Lock _lock = new();
    TaskCompletionSource<ForwardCarrier> _current = NewCarrier(); // faulted when no carrier comes any more
    TaskCompletionSource _wanted = NewSignal();
    ForwardCarrier _latest;

    internal ForwardLine(ForwardDialer dialer, ForwardCarrier first, ForwardOptions options)
    {
        _dialer = dialer;
        _options = options;
        _latest = first;
        _current.SetResult(first);
    }

    internal ForwardTarget Target => Volatile.Read(ref _latest).Target;

    internal string Description => Volatile.Read(ref _latest).Description;

    internal string? FellBack => Volatile.Read(ref _latest).FellBack;

    /// <summary>Watches the carrier and replaces it, until it is stopped.</summary>
    /// <exception cref="SessionLostException">Lost, and the options say to fail then.</exception>
    /// <exception cref="ServerUnreachableException">No carrier came within the options' time.</exception>
    internal async Task RunAsync(CancellationToken stop)
    {
        int failures = 0;
        while (true)
        {
            Exception loss = await _latest.WaitForLossAsync(stop);
            lock (_lock) _current = NewCarrier();
            _latest.Retire();
            await _latest.ReleaseAsync();
            if (_options.FailWhenLost)
                throw loss as SessionLostException ?? new SessionLostException(SessionLoss.ConnectionBroken, loss.Message, loss);

            Tell(ForwardEventKind.CarrierLost, loss);
            if (_latest.HasProved) failures = 0;
            (ForwardCarrier carrier, failures) = await RedialAsync(failures, stop);
            Volatile.Write(ref _latest, carrier);
            lock (_lock) _current.SetResult(carrier);
            Tell(ForwardEventKind.Redialled, null);
        }
    }

    /// <summary>Joins a local connection to the pod's port until both have ended. Owns the local one.</summary>
    internal async Task<(ForwardEventKind Kind, Exception? Error)> JoinAsync(ForwardedStream near, int mapping, CancellationToken stop)
    {
        (ForwardCarrier? carrier, ForwardedStream? stream, Exception? failure) = await ConnectAsync(mapping, stop);
        if (carrier is null || stream is null)
        {
            near.Abort();
            return (ForwardEventKind.ConnectionRefused, failure);
        }

        try
        {
            ForwardOutcome outcome = await ForwardPump.RunAsync(near, stream, stop);
            return (ForwardEventKind.ConnectionEnded, outcome.Fault);
        }
        finally
        {
            await carrier.ReleaseAsync();
        }
    }

    async Task<(ForwardCarrier? Carrier, ForwardedStream? Stream, Exception? Failure)> ConnectAsync(int mapping, CancellationToken stop)
    {
        using DialDeadline late = new(_options.ConnectTimeout, _dialer.IsFetchingCredentials, _options.Time);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        ForwardCarrier? carrier = null;
        Exception? failure = null;
        while (true)
        {
            try
            {
                if (carrier is not null) await carrier.Retired.WaitAsync(deadline.Token); // the one that failed just now
                carrier = await CurrentAsync().WaitAsync(deadline.Token);
                if (!carrier.TryLease()) continue;
            }
            catch (OperationCanceledException e)
            {
                return (null, null, stop.IsCancellationRequested ? e : failure ?? TookTooLong());
            }

            try
            {
                return (carrier, await carrier.ConnectAsync(mapping, deadline.Token), null);
            }
            catch (ForwardResetException e)
            {
                await carrier.ReleaseAsync();
                return (null, null, e);
            }
            catch (OperationCanceledException e)
            {
                await carrier.ReleaseAsync();
                return (null, null, stop.IsCancellationRequested ? e : TookTooLong());
            }
#pragma warning disable CA1031 // whatever it is, the carrier was told, and this connection waits for the next one: nothing was sent yet
            catch (Exception e)
#pragma warning restore CA1031
            {
                await carrier.ReleaseAsync();
                failure = e;
            }
        }

        ServerUnreachableException TookTooLong() =>
            new(new TimeoutException($"no answer from the pod within {_options.ConnectTimeout.TotalSeconds:0.#} s"));
    }

    Task<ForwardCarrier> CurrentAsync()
    {
        lock (_lock)
        {
            if (!_current.Task.IsCompleted) _wanted.TrySetResult();
            return _current.Task;
        }
    }

    async Task<(ForwardCarrier Carrier, int Failures)> RedialAsync(int failures, CancellationToken stop)
    {
        using DialDeadline late = new(_options.RedialTimeout, _dialer.IsFetchingCredentials, _options.Time);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        Exception? last = null;
        while (true)
        {
            try
            {
                await PauseAsync(failures++, patience.Token);
                return (await _dialer.DialAsync(patience.Token), failures);
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested)
            {
                stop.ThrowIfCancellationRequested();
                throw new ServerUnreachableException(new TimeoutException(
                    $"no connection to the pod came within {_options.RedialTimeout.TotalSeconds:0.#} s"
                    + (last is null ? "" : $": {new PeerText(last.Message)}"), last));
            }
#pragma warning disable CA1031 // a look-up can fail in any way, and the observer is told in which; the next attempt may do better
            catch (Exception e)
#pragma warning restore CA1031
            {
                last = e;
                Tell(ForwardEventKind.RedialFailed, e);
            }
        }
    }

    /// <summary>Nothing before a first attempt, then ever longer; a connection that waits makes it short again.</summary>
    async Task PauseAsync(int failures, CancellationToken cancellationToken)
    {
        if (failures == 0) return;
        lock (_lock) _wanted = NewSignal();
        double pause = Math.Min(_options.LongestRedialDelay.TotalSeconds,
            _options.FirstRedialDelay.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 30)));
        pause *= 0.8 + (0.4 * Random.Shared.NextDouble()); // many forwards that lost one server do not come back all at once
        TimeSpan rest = TimeSpan.FromSeconds(pause) - _options.FirstRedialDelay;
        await Task.Delay(_options.FirstRedialDelay, _options.Time, cancellationToken);
        if (rest <= TimeSpan.Zero) return;
        try
        {
            await _wanted.Task.WaitAsync(rest, _options.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // nobody waited: the whole pause is over
        }
    }

    void Tell(ForwardEventKind kind, Exception? error) => _options.Observer?.Invoke(new ForwardEvent(kind, Target.Pod) { Error = error });

    static TaskCompletionSource<ForwardCarrier> NewCarrier() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>After <see cref="RunAsync"/> has ended and no connection is left.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock) return _current.Task.IsCompletedSuccessfully ? _latest.ReleaseAsync() : ValueTask.CompletedTask;
    }
}
