namespace Fairlead.Client.Forwarding;

/// <summary>
/// A session to a pod, as long as somebody uses it: the forward, until it is lost, and each connection on it. A form with a WebSocket of
/// its own for each connection may be unable to open another one while those that are open live on.
/// </summary>
sealed class ForwardCarrier(ForwardSession session, ForwardTarget target)
{
    readonly TaskCompletionSource<Exception> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _retired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly long _since = TimeProvider.System.GetTimestamp();
    int _leases = 1; // the forward's own
    volatile bool _carried;

    internal ForwardTarget Target => target;

    internal string Description => session.Description;

    internal string? FellBack => session.FellBack;

    /// <summary>
    /// It has carried a connection, or has lived for ten seconds: its loss then counts as a new failure, and the pauses between attempts
    /// start short again.
    /// </summary>
    internal bool HasProved => _carried || TimeProvider.System.GetElapsedTime(_since) > TimeSpan.FromSeconds(10);

    /// <summary>Completes when the forward hands it out no more.</summary>
    internal Task Retired => _retired.Task;

    internal void Retire() => _retired.TrySetResult();

    /// <summary>Waits for the session's end, or for a connection that found it unusable.</summary>
    /// <returns>Why it is lost.</returns>
    internal async Task<Exception> WaitForLossAsync(CancellationToken cancellationToken)
    {
        Task<SessionLostException?> ended = session.Ended;
        if (await Task.WhenAny(ended, _lost.Task).WaitAsync(cancellationToken) == _lost.Task) return await _lost.Task;
        return await ended ?? new SessionLostException(SessionLoss.PeerClosed, "the server closed the connection");
    }

    /// <summary>Opens a connection on it.</summary>
    /// <exception cref="ForwardResetException">The pod refused; the carrier is as good as before.</exception>
    internal async Task<ForwardedStream> ConnectAsync(int mapping, CancellationToken cancellationToken)
    {
        try
        {
            ForwardedStream stream = await session.ConnectAsync(target.Ports[mapping], cancellationToken);
            _carried = true;
            return stream;
        }
        catch (ForwardResetException)
        {
            _carried = true;
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _lost.TrySetResult(e);
            throw;
        }
    }

    /// <summary>False when it has ended for good.</summary>
    internal bool TryLease()
    {
        int leases = Volatile.Read(ref _leases);
        while (leases > 0)
        {
            int seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases) return true;
            leases = seen;
        }

        return false;
    }

    /// <summary>Gives a lease back; the last one ends the session.</summary>
    internal ValueTask ReleaseAsync() => Interlocked.Decrement(ref _leases) == 0 ? session.DisposeAsync() : ValueTask.CompletedTask;
}
