using Grpc.Core;

namespace Fairlead.Containerd.Tasks;

/// <summary>Starts of commands in a container, a few at a time.</summary>
/// <remarks>
/// containerd's shim tells each end of a process to every start under way, through a queue of 32 ends for each, and stands still for a
/// second where one of them is full (go-runc and containerd's reaper, <c>sys/reaper</c>): with a few hundred starts at once it makes one a
/// second; a few at a time, more than thirty.
/// </remarks>
sealed class StartTurns
{
    /// <summary>More than a shim has use for on any machine: each is a process of the OCI runtime's that mostly computes.</summary>
    internal const int AtOnce = 8;

    readonly Dictionary<string, Container> _containers = new(StringComparer.Ordinal);

    /// <summary>Waits for a turn.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="start">The start.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="RpcException">The start failed; or one before it found that the runtime does not answer, which is not tried once
    /// more for each.</exception>
    public async Task<int> StartAsync(string containerId, Func<Task<int>> start, CancellationToken cancellationToken)
    {
        Container container = Enter(containerId);
        try
        {
            await container.TakeAsync(cancellationToken);
            try
            {
                return await start();
            }
            catch (RpcException away) when (away.StatusCode == StatusCode.Unavailable)
            {
                container.GiveUp(away);
                throw;
            }
            finally
            {
                container.Turns.Release();
            }
        }
        finally
        {
            Leave(containerId, container);
        }
    }

    Container Enter(string containerId)
    {
        lock (_containers)
        {
            if (!_containers.TryGetValue(containerId, out Container? container)) _containers[containerId] = container = new Container();
            container.Users++;
            return container;
        }
    }

    /// <summary>The last one takes the container's entry away, and with it what was known of the runtime.</summary>
    void Leave(string containerId, Container container)
    {
        lock (_containers)
        {
            if (--container.Users > 0) return;
            _containers.Remove(containerId);
        }

        container.Turns.Dispose();
    }

    sealed class Container
    {
        readonly TaskCompletionSource _away = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SemaphoreSlim Turns { get; } = new(AtOnce);

        public int Users { get; set; }

        public async Task TakeAsync(CancellationToken cancellationToken)
        {
            using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task turn = Turns.WaitAsync(given.Token);
            if (await Task.WhenAny(turn, _away.Task) == turn && !_away.Task.IsFaulted)
            {
                await turn;
                return;
            }

            await given.CancelAsync();
            try
            {
                await turn;
                Turns.Release();
            }
            catch (OperationCanceledException)
            {
                // it has no turn to give back
            }

            await _away.Task;
        }

        /// <summary>Nobody who waits here now is let in any more.</summary>
        public void GiveUp(RpcException away)
        {
            _away.TrySetException(away);
            _ = _away.Task.Exception; // seen, also where nobody waits
        }
    }
}
