using Fairlead.Client.Forwarding;
using System.Net.Sockets;
using Fairlead.Client.Forwarding.Listening;
using Fairlead.Client.Telemetry;
using Fairlead.Streaming.PortForward;
using Fairlead.Streaming.Sockets;

namespace Fairlead;

/// <summary>
/// Ports of a pod on this machine: listens, and joins each connection to the pod's port, with end and reset kept in both directions. Keeps
/// listening when the connection or the pod goes, and dials again.
/// </summary>
/// <remarks>
/// Owns its listeners, its connections and its carrier; disposing ends them all, open connections with a reset. One connection that fails
/// ends alone. Safe for concurrent use.
/// </remarks>
public sealed class PortForward : IAsyncDisposable
{
    readonly IReadOnlyList<ListeningSocket> _listeners;
    readonly ForwardLine _line;
    readonly ForwardOptions _options;
    readonly CancellationTokenSource _stop = new();
    readonly SemaphoreSlim _slots;
    readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lazy<Task> _stopped;
    readonly CancellationToken _stopping;
    int _running = 1; // connections, and the forward itself
    int _open;

    PortForward(IReadOnlyList<ListeningSocket> listeners, ForwardLine line, ForwardOptions options)
    {
        _listeners = listeners;
        _line = line;
        _options = options;
        _stopping = _stop.Token;
        _slots = new SemaphoreSlim(options.MostConnections);
        _stopped = new Lazy<Task>(StopOnceAsync);
        Completion = RunAsync();
    }

    /// <summary>
    /// Where it listens, and what each end point leads to: one entry for each address of each mapping, in the mappings' order.
    /// </summary>
    public IReadOnlyList<ForwardedPort> Ports =>
        [.. _listeners.Select(listener => new ForwardedPort(listener.EndPoint, _line.Target.Ports[listener.Mapping]))];

    /// <summary>The pod that it leads to now.</summary>
    public PodReference Pod => _line.Target.Pod;

    /// <summary>Carrier and form for people; the last one's while there is none.</summary>
    public string Connection => _line.Description;

    /// <summary>Why the carrier is not the first that was thought of; null where it is.</summary>
    public string? FellBack => _line.FellBack;

    /// <summary>How many local connections are open.</summary>
    public int OpenConnections => Volatile.Read(ref _open);

    /// <summary>
    /// Completes when the forward was stopped. Faults when it ended by itself: with the loss where
    /// <see cref="ForwardOptions.FailWhenLost"/> is set, with a <see cref="ServerUnreachableException"/> when redialling took too long.
    /// </summary>
    public Task Completion { get; }

    /// <summary>Completes when the trace knows how it ended, which a program that ends soon must not overtake.</summary>
    internal Task Told { private get; set; } = Task.CompletedTask;

    /// <summary>Finds the pod, listens and dials; any failure leaves nothing behind.</summary>
    internal static async Task<PortForward> StartAsync(
        ForwardDialer dialer, IReadOnlyList<LocalListener> locals, ForwardOptions options, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(locals.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MostConnections);
        List<ListeningSocket> listeners = ForwardListeners.OpenAll(locals, options.Addresses);
        try
        {
            ForwardCarrier carrier = await dialer.DialAsync(cancellationToken);
            return new PortForward(listeners, new ForwardLine(dialer, carrier, options), options);
        }
        catch
        {
            foreach (ListeningSocket listener in listeners) listener.Dispose();
            throw;
        }
    }

    /// <summary>Stops listening, resets what is open, and waits until all of it has gone.</summary>
    public Task StopAsync() => _stopped.Value;

    async Task RunAsync()
    {
        await Task.Yield(); // the fields are not all set yet
        List<Task> parts = [_line.RunAsync(_stopping), _failed.Task, .. _listeners.Select(AcceptAsync)];
        try
        {
            await await Task.WhenAny(parts); // each ends by being stopped or by failing
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // stopped: what a caller asked for is no failure
        }
        finally
        {
            await _stop.CancelAsync();
            foreach (ListeningSocket listener in _listeners) listener.Dispose();
            Leave();
            _failed.TrySetCanceled(_stopping);
            await Task.WhenAll(parts).ContinueWith(static _ => { }, TaskScheduler.Default); // the first cause was awaited above
            await _drained.Task;
            await _line.DisposeAsync();
        }
    }

    async Task AcceptAsync(ListeningSocket listener)
    {
        SocketAcceptor acceptor = listener.Acceptor(
            (failure, _) => Tell(listener, ForwardEventKind.ConnectionsWait, failure), _options.Time);
        while (true)
        {
            await _slots.WaitAsync(_stopping);
            Socket socket;
            try
            {
                socket = await acceptor.AcceptAsync(_stopping);
            }
            catch
            {
                _slots.Release();
                throw;
            }

            Interlocked.Increment(ref _running);
            _ = JoinAsync(socket, listener); // counted: the forward ends after it
        }
    }

    async Task JoinAsync(Socket socket, ListeningSocket listener)
    {
        Interlocked.Increment(ref _open);
        ForwardedStream near = ForwardTelemetry.OfLocal(new SocketForwardedStream(socket));
        try
        {
            await Task.Yield(); // the next one is accepted meanwhile
            Tell(listener, ForwardEventKind.ConnectionOpened, null);
            (ForwardEventKind kind, Exception? error) = await _line.JoinAsync(near, listener.Mapping, _stopping);
            Interlocked.Decrement(ref _open);
            Tell(listener, kind, error);
        }
#pragma warning disable CA1031 // this task has no caller: what an observer threw, or a fault of ours, ends the forward and is told there
        catch (Exception e)
#pragma warning restore CA1031
        {
            near.Abort();
            _failed.TrySetException(e);
        }
        finally
        {
            _slots.Release();
            Leave();
        }
    }

    void Tell(ListeningSocket listener, ForwardEventKind kind, Exception? error)
    {
        ForwardTarget target = _line.Target;
        _options.Observer?.Invoke(
            new ForwardEvent(kind, target.Pod) { Local = listener.EndPoint, Remote = target.Ports[listener.Mapping], Error = error });
    }

    void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0) _drained.TrySetResult();
    }

    async Task StopOnceAsync()
    {
        await _stop.CancelAsync();
        await Completion.ContinueWith(static _ => { }, TaskScheduler.Default); // how it ended is for who awaits Completion
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Told;
        _stop.Dispose();
        _slots.Dispose();
    }
}
