namespace Fairlead.Testing;

/// <summary>A gate in front of one direction of a connection: open, or shut until it is opened.</summary>
sealed class FaultGate
{
    readonly Lock _lock = new();
    TaskCompletionSource? _shut;

    internal void Set(bool closed)
    {
        lock (_lock)
        {
            if (closed) _shut ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            else
            {
                _shut?.SetResult();
                _shut = null;
            }
        }
    }

    internal Task PassAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return _shut?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask;
    }
}
