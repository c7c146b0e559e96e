using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;
using Microsoft.Extensions.Logging;

namespace Fairlead.Server.Ports;

/// <summary>One port-forward of one client: joins each connection that it opens with one of the pod's, each for itself.</summary>
/// <param name="acceptor">The client's connections; stays the caller's.</param>
/// <param name="connect">Reaches a port of the pod.</param>
/// <param name="namespace">The pod's namespace, for messages.</param>
/// <param name="pod">The pod, for messages.</param>
/// <param name="connectTimeout">How long a port may take to be reached.</param>
/// <param name="logger">Where each connection's end is logged.</param>
public sealed class PortForwardRun(
    PortForwardAcceptor acceptor, Func<int, CancellationToken, ValueTask<ForwardedStream>> connect, string @namespace, string pod,
    TimeSpan connectTimeout, ILogger logger) : IDisposable
{
    readonly HashSet<Task> _open = [];
    readonly CancellationTokenSource _gone = new();

    /// <summary>Connections that were asked for.</summary>
    public long Connections { get; private set; }

    /// <summary>Is told how each connection that was reached has ended, from any thread.</summary>
    public Action<ForwardOutcome>? Ended { get; init; }

    /// <summary>Returns when the client is gone and every connection with it.</summary>
    public async Task RunAsync()
    {
        Task watching = WatchAsync();
        while (await acceptor.AcceptAsync(CancellationToken.None) is { } incoming)
        {
            Connections++;
            Task serving = ServeAsync(incoming);
            lock (_open) _open.Add(serving);
            _ = serving.ContinueWith(
                ended =>
                {
                    lock (_open) _open.Remove(ended);
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        Task[] open;
        lock (_open) open = [.. _open];
        await Task.WhenAll(open);
        await acceptor.CloseAsync();
        await watching;
    }

    /// <inheritdoc/>
    public void Dispose() => _gone.Dispose();

    /// <summary>
    /// A client that was lost needs no connection any more. One that has ended in order may have sent all it had to say before the port was
    /// reached.
    /// </summary>
    async Task WatchAsync()
    {
        if (await acceptor.Ended is not null) await _gone.CancelAsync();
    }

    async Task ServeAsync(IncomingForward incoming)
    {
        await Task.Yield(); // the next connection is accepted meanwhile
        try
        {
            ForwardedStream? far = await ConnectAsync(incoming);
            if (far is null) return;
            ForwardOutcome outcome = await ForwardPump.RunAsync(incoming.Accept(), far);
            Ended?.Invoke(outcome);
            if (outcome.Fault is { } fault)
                Log.ConnectionReset(logger, incoming.Port, @namespace, pod, outcome.Sent, outcome.Received, fault.Message);
            else Log.ConnectionEnded(logger, incoming.Port, @namespace, pod, outcome.Sent, outcome.Received);
        }
        catch (Exception failure)
        {
            Log.RuntimeFailed(logger, failure, "port-forward", "", @namespace, pod); // a fault of one connection is not the others'
            await incoming.RefuseAsync(ForwardFault.Unspecified, failure.Message);
        }
    }

    async ValueTask<ForwardedStream?> ConnectAsync(IncomingForward incoming)
    {
        using CancellationTokenSource giveUp = CancellationTokenSource.CreateLinkedTokenSource(_gone.Token);
        giveUp.CancelAfter(connectTimeout);
        ForwardResetException refusal;
        try
        {
            if (incoming.Port == 0) throw new ForwardResetException(ForwardFault.BadRequest, "there is no port 0");
            return await connect(incoming.Port, giveUp.Token);
        }
        catch (ForwardResetException e)
        {
            refusal = e;
        }
        catch (OperationCanceledException e) when (_gone.IsCancellationRequested)
        {
            refusal = new ForwardResetException(ForwardFault.CarrierLost, "the client is gone", e);
        }
        catch (OperationCanceledException e)
        {
            refusal = new ForwardResetException(
                ForwardFault.TimedOut, $"port {incoming.Port} did not answer within {connectTimeout.TotalSeconds:0.#} s", e);
        }

        string reason = $"error forwarding port {incoming.Port} to pod {@namespace}/{pod}: {refusal.Message}";
        Log.ConnectionRefused(logger, incoming.Port, @namespace, pod, refusal.Fault.ToString(), refusal.Message);
        await incoming.RefuseAsync(refusal.Fault, reason);
        return null;
    }
}
