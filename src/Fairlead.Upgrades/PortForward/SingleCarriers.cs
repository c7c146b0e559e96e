using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Upgrades.PortForward;

/// <summary>
/// A carrier for each connection, and some in reserve: opened ahead, they cost the next connections no handshake. One at first, and
/// twice as many whenever there were too few, up to what a browser opens at once.
/// </summary>
/// <remarks>
/// A spare that cannot be opened is given up alone: connections go on, and the next one is dialled as if there had never been a reserve.
/// One that is lost while it waits is the session's end, by which a pod or server that goes is noticed; connections that are there go on.
/// Where there is no spare, a connection's carrier that is lost is the end when nothing else is left.
/// </remarks>
sealed class SingleCarriers : IForwardCarriers
{
    const int MostSpares = 8;

    readonly Lock _lock = new();
    readonly Func<int, CancellationToken, Task<PortForwardAdapter>> _dial;
    readonly TaskCompletionSource<SessionLostException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _disposing = new();
    readonly HashSet<Task> _running = [];
    readonly HashSet<PortForwardAdapter> _carriers = [];
    readonly List<PortForwardAdapter> _spares = [];
    readonly int _sparePort;
    readonly bool _reserve;
    SparePause _pause;
    SessionLostException? _lost; // of a connection's carrier, as long as nothing was opened since
    int _wanted = 1, _dialling;
    bool _disposed;

    /// <summary>Begins with one carrier.</summary>
    /// <param name="first">The carrier.</param>
    /// <param name="port">Its port; with channels only a carrier of the same port is kept in reserve for it.</param>
    /// <param name="dial">Opens another one for a port.</param>
    /// <param name="reserve">Open carriers ahead.</param>
    /// <param name="time">The clock of pauses; the system's for null.</param>
    internal SingleCarriers(
        PortForwardAdapter first, int port, Func<int, CancellationToken, Task<PortForwardAdapter>> dial, bool reserve = true,
        TimeProvider? time = null)
    {
        (_dial, Protocol, _sparePort, _reserve) = (dial, first.Protocol, port, reserve);
        _pause = new SparePause(time ?? TimeProvider.System);
        Keep(first);
    }

    public PortForwardProtocol Protocol { get; }

    public Task<SessionLostException?> Ended => _ended.Task;

    public async Task<ForwardedStream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        if (TakeSpare(port) is { } spare)
        {
            try
            {
                return await OpenAsync(spare, port, cancellationToken);
            }
            catch (SessionLostException) when (!_ended.Task.IsCompleted)
            {
                // lost while it waited, which says nothing of the server as it is now
            }
        }

        return await OpenAsync(await DialAsync(port, cancellationToken), port, cancellationToken);
    }

    PortForwardAdapter? TakeSpare(int port)
    {
        lock (_lock)
        {
#pragma warning disable VSTHRD002 // it has ended: nothing is waited for
            if (_ended.Task.IsCompleted) throw _ended.Task.Result ?? Disposed();
#pragma warning restore VSTHRD002
            PortForwardAdapter? spare = !Protocol.HasChannels || _sparePort == port ? _spares.FirstOrDefault() : null;
            if (spare is not null) _spares.Remove(spare);
            else _wanted = Math.Min(_wanted * 2, MostSpares);
            if (!Protocol.HasChannels) Refill(); // with channels, a spare would be a connection of the pod's
            return spare;
        }
    }

    static async Task<ForwardedStream> OpenAsync(PortForwardAdapter carrier, int port, CancellationToken cancellationToken)
    {
        try
        {
            return await carrier.OpenAsync(port, cancellationToken);
        }
        catch
        {
            await carrier.DisposeAsync();
            throw;
        }
    }

    async Task<PortForwardAdapter> DialAsync(int port, CancellationToken cancellationToken)
    {
        PortForwardAdapter carrier = await _dial(port, cancellationToken);
        bool isLate;
        lock (_lock)
        {
            isLate = _disposed;
            if (!isLate) Track(carrier);
            _lost = null;
        }

        if (!isLate) return carrier;
        await carrier.DisposeAsync();
        throw Disposed();
    }

    /// <summary>Under the lock.</summary>
    void Refill()
    {
        if (!_reserve || !_pause.IsOver) return;
        for (; _spares.Count + _dialling < _wanted; _dialling++) Run(OpenSpareAsync);
    }

    async Task OpenSpareAsync()
    {
        try
        {
            PortForwardAdapter spare = await _dial(_sparePort, _disposing.Token);
            lock (_lock)
            {
                _dialling--;
                _pause.Reset();
            }

            Keep(spare);
        }
#pragma warning disable CA1031 // whatever it is, nobody waits for this carrier: who needs one dials, and is told
        catch (Exception)
#pragma warning restore CA1031
        {
            lock (_lock)
            {
                _dialling--;
                _wanted = 1;
                _pause.Lengthen();
                EndIfNothingIsLeft();
            }
        }
    }

    /// <summary>A carrier that waits for its connection.</summary>
    void Keep(PortForwardAdapter carrier)
    {
        lock (_lock)
        {
            Track(carrier);
            if (_disposed)
            {
                Run(() => carrier.DisposeAsync().AsTask());
                return;
            }

            _lost = null;
            _spares.Add(carrier);
        }
    }

    void Track(PortForwardAdapter carrier)
    {
        _carriers.Add(carrier);
        Run(async () =>
        {
            SessionLostException? loss = await carrier.Ended;
            lock (_lock)
            {
                // with channels each carrier is for itself
                bool wasSpare = _spares.Remove(carrier);
                if (wasSpare && !Protocol.HasChannels)
                    _ended.TrySetResult(loss ?? new SessionLostException(SessionLoss.PeerClosed, "The server closed the way to the pod."));
                else if (loss is { Kind: not SessionLoss.LocalAbort } && !Protocol.HasChannels) _lost = loss;
            }

            await carrier.DisposeAsync();
            lock (_lock)
            {
                _carriers.Remove(carrier);
                EndIfNothingIsLeft();
            }
        });
    }

    /// <summary>Under the lock.</summary>
    void EndIfNothingIsLeft()
    {
        if (_lost is not null && _carriers.Count + _dialling == 0) _ended.TrySetResult(_lost);
    }

    static SessionLostException Disposed() => new(SessionLoss.LocalAbort, "The session was disposed.");

    void Run(Func<Task> work)
    {
        lock (_lock)
        {
#pragma warning disable RS0030 // a dial for the store, which nobody's bytes wait for; and not under the lock
            Task running = Task.Run(work);
#pragma warning restore RS0030
            _running.Add(running);
            _ = running.ContinueWith(
                done =>
                {
                    lock (_lock) _running.Remove(done);
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        PortForwardAdapter[] carriers;
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            _spares.Clear();
            carriers = [.. _carriers];
        }

        _ended.TrySetResult(null);
        await _disposing.CancelAsync();
        await Task.WhenAll(carriers.Select(static carrier => carrier.DisposeAsync().AsTask()));
        Task[] running;
        lock (_lock) running = [.. _running];
        await Task.WhenAll(running);
        _disposing.Dispose();
    }
}
