using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Client.Upgrades;

/// <summary>
/// A carrier for each connection, and some in reserve: opened ahead, they cost the next connections no handshake. One at first, and
/// twice as many whenever there were too few, up to what a browser opens at once.
/// </summary>
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
    int _wanted = 1, _dialling;
    bool _disposed;

    /// <summary>Begins with one carrier.</summary>
    /// <param name="first">The carrier.</param>
    /// <param name="port">Its port; with channels only a carrier of the same port is kept in reserve for it.</param>
    /// <param name="dial">Opens another one for a port.</param>
    internal SingleCarriers(PortForwardAdapter first, int port, Func<int, CancellationToken, Task<PortForwardAdapter>> dial)
    {
        (_dial, Protocol, _sparePort) = (dial, first.Protocol, port);
        Keep(first);
    }

    public PortForwardProtocol Protocol { get; }

    public Task<SessionLostException?> Ended => _ended.Task;

    public async Task<ForwardedStream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        PortForwardAdapter? carrier;
        lock (_lock)
        {
            if (_ended.Task.IsCompleted) throw _ended.Task.Result ?? new SessionLostException(SessionLoss.LocalAbort, "The session was disposed.");
            carrier = !Protocol.HasChannels || _sparePort == port ? _spares.FirstOrDefault() : null;
            if (carrier is not null) _spares.Remove(carrier);
            else _wanted = Math.Min(_wanted * 2, MostSpares);
            if (!Protocol.HasChannels) Refill(); // with channels, a spare would be a connection of the pod's
        }

        carrier ??= await DialAsync(port, cancellationToken);
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
        }

        if (!isLate) return carrier;
        await carrier.DisposeAsync();
        throw new SessionLostException(SessionLoss.LocalAbort, "The session was disposed.");
    }

    void Track(PortForwardAdapter carrier)
    {
        _carriers.Add(carrier);
        Run(async () =>
        {
            await carrier.Ended;
            await carrier.DisposeAsync();
            lock (_lock) _carriers.Remove(carrier);
        });
    }

    /// <summary>Under the lock.</summary>
    void Refill()
    {
        for (; _spares.Count + _dialling < _wanted; _dialling++) Run(RefillAsync);
    }

    async Task RefillAsync()
    {
        try
        {
            PortForwardAdapter carrier = await _dial(_sparePort, _disposing.Token);
            lock (_lock) _dialling--;
            Keep(carrier);
        }
        catch (OperationCanceledException)
        {
            // the session is being disposed
        }
        catch (Exception e)
        {
            _ended.TrySetResult(new SessionLostException(SessionLoss.ConnectionBroken, "The next connection could not be prepared: " + e.Message, e));
        }
    }

    /// <summary>A carrier that waits for its connection. Its end is the session's: the pod or the server is gone.</summary>
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

            _spares.Add(carrier);
        }

        Run(async () =>
        {
            SessionLostException? loss = await carrier.Ended;
            lock (_lock)
            {
                if (!_spares.Remove(carrier)) return; // it was used
            }

            if (!Protocol.HasChannels) _ended.TrySetResult(loss ?? new SessionLostException(SessionLoss.PeerClosed, "The server closed the way to the pod."));
        });
    }

    void Run(Func<Task> work)
    {
        lock (_lock)
        {
            Task running = Task.Run(work);
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
