namespace Fairlead.Gateway.Sessions;

/// <summary>How many connections of one port-forward are open. Safe for concurrent use.</summary>
sealed class OpenConnections
{
    readonly Lock _lock = new();
    TaskCompletionSource? _none;
    int _count;

    internal void Add()
    {
        lock (_lock) _count++;
    }

    internal void Remove()
    {
        lock (_lock)
        {
            if (--_count == 0) _none?.TrySetResult();
        }
    }

    /// <summary>Waits until none is open.</summary>
    internal Task WaitForNoneAsync()
    {
        lock (_lock)
        {
            _none ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_count == 0) _none.TrySetResult();
            return _none.Task;
        }
    }
}
