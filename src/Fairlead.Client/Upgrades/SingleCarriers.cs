using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Client.Upgrades;

/// <summary>A carrier for each connection, and one in reserve: opened ahead, it costs the next connection no handshake.</summary>
sealed class SingleCarriers : IForwardCarriers
{
    readonly Lock _lock = new();
    readonly Func<CancellationToken, Task<PortForwardAdapter>> _dial;
    readonly TaskCompletionSource<SessionLostException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _disposing = new();
    readonly HashSet<Task> _running = [];
    readonly HashSet<PortForwardAdapter> _carriers = [];
    PortForwardAdapter? _spare;
    bool _disposed;

    internal SingleCarriers(PortForwardAdapter first, Func<CancellationToken, Task<PortForwardAdapter>> dial)
    {
        (_dial, Protocol) = (dial, first.Protocol);
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
            carrier = _spare;
            _spare = null;
            if (carrier is not null) Run(RefillAsync);
        }

        carrier ??= await DialAsync(cancellationToken);
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

    async Task<PortForwardAdapter> DialAsync(CancellationToken cancellationToken)
    {
        PortForwardAdapter carrier = await _dial(cancellationToken);
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

    async Task RefillAsync()
    {
        try
        {
            Keep(await _dial(_disposing.Token));
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
            if (_disposed || _spare is not null)
            {
                Run(() => carrier.DisposeAsync().AsTask());
                return;
            }

            _spare = carrier;
        }

        Run(async () =>
        {
            SessionLostException? loss = await carrier.Ended;
            lock (_lock)
            {
                if (_spare != carrier) return; // it was used
                _spare = null;
            }

            _ended.TrySetResult(loss ?? new SessionLostException(SessionLoss.PeerClosed, "The server closed the way to the pod."));
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
            _spare = null;
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
