using Fairlead.Streaming;
using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Client.Upgrades;

/// <summary>A carrier for each connection, and one in reserve: opened ahead, it costs the next connection no handshake.</summary>
sealed class SingleCarriers : IForwardCarriers
{
    readonly Lock _lock = new();
    readonly Func<int, CancellationToken, Task<PortForwardAdapter>> _dial;
    readonly TaskCompletionSource<SessionLostException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _disposing = new();
    readonly HashSet<Task> _running = [];
    readonly HashSet<PortForwardAdapter> _carriers = [];
    PortForwardAdapter? _spare;
    int _sparePort;
    bool _disposed;

    /// <summary>Begins with one carrier.</summary>
    /// <param name="first">The carrier.</param>
    /// <param name="port">Its port; with channels only a carrier of the same port is kept in reserve for it.</param>
    /// <param name="dial">Opens another one for a port.</param>
    internal SingleCarriers(PortForwardAdapter first, int port, Func<int, CancellationToken, Task<PortForwardAdapter>> dial)
    {
        (_dial, Protocol) = (dial, first.Protocol);
        Keep(first, port);
    }

    public PortForwardProtocol Protocol { get; }

    public Task<SessionLostException?> Ended => _ended.Task;

    public async Task<ForwardedStream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        PortForwardAdapter? carrier;
        lock (_lock)
        {
            if (_ended.Task.IsCompleted) throw _ended.Task.Result ?? new SessionLostException(SessionLoss.LocalAbort, "The session was disposed.");
            bool fits = !Protocol.HasChannels || _sparePort == port;
            carrier = fits ? _spare : null;
            if (carrier is not null) _spare = null;
            if (carrier is not null && !Protocol.HasChannels) Run(() => RefillAsync(port)); // with channels, a spare would be a connection of the pod's
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

    async Task RefillAsync(int port)
    {
        try
        {
            Keep(await _dial(port, _disposing.Token), port);
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
    void Keep(PortForwardAdapter carrier, int port)
    {
        lock (_lock)
        {
            Track(carrier);
            if (_disposed || _spare is not null)
            {
                Run(() => carrier.DisposeAsync().AsTask());
                return;
            }

            (_spare, _sparePort) = (carrier, port);
        }

        Run(async () =>
        {
            SessionLostException? loss = await carrier.Ended;
            lock (_lock)
            {
                if (_spare != carrier) return; // it was used
                _spare = null;
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
