using System.Net.NetworkInformation;
using Fairlead.Wire.Sessions;

namespace Fairlead.Streaming.Resumption.Asking;

/// <summary>The client's way to its session: a carrier, and another one when it is lost, until the session is over or given up.</summary>
sealed class SessionLine(ResumableSession session, SessionKey key, CarrierLimits limits, ResumeWays ways) : IAsyncDisposable
{
    /// <summary>How long the server may take to hear that the client goes.</summary>
    static readonly TimeSpan s_lastWord = TimeSpan.FromSeconds(2);

    static readonly TimeSpan s_longestTry = TimeSpan.FromSeconds(15);

    readonly Lock _lock = new();
    readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _over = new();
    readonly Backoff _backoff = new(Random.Shared.NextDouble);
    Task _running = Task.CompletedTask, _closing = Task.CompletedTask;
    SessionCarrier? _carrier;
    TimeSpan _keep = Timeout.InfiniteTimeSpan;
    long _lostAt;
    bool _isOver, _isKnown, _isLost;

    /// <summary>Completes when the server has answered the first time; faults where it will not.</summary>
    internal Task Opened => _opened.Task;

    /// <summary>Begins with a connection that was just upgraded.</summary>
    internal void Begin(Stream first) => _running = RunAsync(first);

    async Task RunAsync(Stream? stream)
    {
        while (true)
        {
            Exception failure = await TryAsync(stream);
            stream = null;
            if (IsOver || session.Complete.IsCompleted) break; // nothing is asked of the server any more, which may not have it any more
            if (!_isLost) (_isLost, _lostAt) = (true, ways.Time.GetTimestamp());
            TimeSpan left = Left();
            if (!MayPass(failure) || left <= TimeSpan.Zero)
            {
                Lose(failure);
                break;
            }

            ways.Told?.Invoke(new ResumeEvent(ResumeEventKind.Lost, failure.Message, left));
            TimeSpan wait = _backoff.Next();
            await WaitAsync(wait < left ? wait : left);
            if (IsOver) break;
        }

        _opened.TrySetCanceled();
    }

    bool IsOver
    {
        get
        {
            lock (_lock) return _isOver;
        }
    }

    TimeSpan Left()
    {
        TimeSpan passed = ways.Time.GetElapsedTime(_lostAt), keep = _keep == Timeout.InfiniteTimeSpan ? TimeSpan.FromMinutes(1) : _keep;
        TimeSpan most = ways.Patience == Timeout.InfiniteTimeSpan || keep < ways.Patience ? keep : ways.Patience;
        return most - passed;
    }

    bool MayPass(Exception failure) => failure switch
    {
        SessionRefusedException => false,
        SessionLostException lost => lost.Kind is SessionLoss.ConnectionBroken or SessionLoss.KeepAliveTimeout or SessionLoss.PeerClosed,
        TimeoutException or OperationCanceledException => true, // the latter where dialling took too long
        _ => ways.MayPass(failure),
    };

    /// <summary>One carrier, from its upgrade to its end.</summary>
    /// <returns>What ended it, or why there is none.</returns>
    async Task<Exception> TryAsync(Stream? stream)
    {
        SessionCarrier? carrier = null;
        try
        {
            stream ??= await DialAsync();
            carrier = new SessionCarrier(stream, isServer: false, limits, stream.Dispose, ways.Time);
            SessionHello hello = await carrier.Hello.WaitAsync(ways.Limits.OpeningTimeout, ways.Time, _over.Token);
            _keep = hello.Keep;
            lock (_lock)
            {
                if (_isOver) return new OperationCanceledException();
                _carrier = carrier;
                carrier.Open(session, key.Open(hello, _isKnown, session.Received()));
            }

            await carrier.Answer.WaitAsync(ways.Limits.OpeningTimeout, ways.Time, CancellationToken.None);
            _isKnown = true;
            _backoff.Reset();
            _opened.TrySetResult();
            if (_isLost) ways.Told?.Invoke(new ResumeEvent(ResumeEventKind.Resumed, "", TimeSpan.Zero));
            _isLost = false;
            SessionLostException? loss = await carrier.Ended;
            return carrier.Refusal as Exception ?? loss
                ?? new SessionLostException(SessionLoss.PeerClosed, "The server closed the connection before the session had ended.");
        }
#pragma warning disable CA1031 // whatever it is decides whether another try makes sense, and is told where not
        catch (Exception e)
#pragma warning restore CA1031
        {
            return carrier?.Refusal ?? e;
        }
        finally
        {
            if (carrier is not null)
            {
                await _closing;
                await carrier.DisposeAsync();
                session.Detach(carrier);
            }

            lock (_lock) _carrier = null;
        }
    }

    /// <summary>A try is given up before the whole time is spent on a way that leads nowhere: the next may be another.</summary>
    async Task<Stream> DialAsync()
    {
        using CancellationTokenSource late = new(s_longestTry, ways.Time),
            either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _over.Token);
        return await ways.Dial(either.Token);
    }

    /// <summary>Waits before the next try, or until this machine's addresses change: the network is back, or another one.</summary>
    async Task WaitAsync(TimeSpan time)
    {
        TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnChanged(object? sender, EventArgs e) => changed.TrySetResult();
        NetworkChange.NetworkAddressChanged += OnChanged;
        try
        {
            await changed.Task.WaitAsync(time, ways.Time, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            NetworkChange.NetworkAddressChanged -= OnChanged;
        }
    }

    void Lose(Exception failure)
    {
        lock (_lock) _isOver = true;
        SessionLostException lost = failure switch
        {
            SessionLostException same => same,
            SessionRefusedException => new SessionLostException(
                SessionLoss.PeerClosed, "The session could not go on: " + failure.Message + ".", failure),
            _ => new SessionLostException(
                SessionLoss.ConnectionBroken, "The connection was lost, and another one could not be had: " + failure.Message, failure),
        };
        session.End(lost);
        // where nothing was ever answered, what was refused is for whoever asked to judge
        _opened.TrySetException(!_isKnown && failure is SessionRefusedException ? failure : lost);
    }

    /// <summary>Gives the session up at once; the server is told where there is a carrier. The first reason stays.</summary>
    internal void Leave(SessionLostException reason)
    {
        lock (_lock)
        {
            if (_isOver) return;
            _isOver = true;
            if (_carrier is { } carrier)
            {
                carrier.Leave();
                _closing = carrier.CloseAsync(s_lastWord, s_lastWord);
            }
        }

        session.End(reason);
        _over.Cancel();
    }

    /// <summary>
    /// The session has its status: what has come is confirmed, so that the server need not keep it, and the carrier closed in order.
    /// </summary>
    internal async Task CloseAsync()
    {
        Task whole = Task.WhenAny(session.Complete, session.Ended);
        await whole.WaitAsync(limits.Linger, ways.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            if (!_isOver && _carrier is { } carrier)
            {
                carrier.Send(session.ConfirmAll());
                _closing = carrier.CloseAsync(limits.LateOutput, limits.Linger + s_lastWord);
            }

            _isOver = true;
        }

        await _closing;
        session.End(null);
        await _over.CancelAsync();
        await _running;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Leave(new SessionLostException(SessionLoss.LocalAbort, "The session was disposed before it had ended."));
        await _closing;
        await _running;
        await session.DisposeAsync();
        _over.Dispose();
    }
}
