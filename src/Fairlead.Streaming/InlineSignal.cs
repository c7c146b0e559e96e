using System.Threading.Tasks.Sources;

namespace Fairlead.Streaming;

/// <summary>
/// Something that one loop waits for and another sets; set again without a waiter it stays set once. Allocates nothing to wait.
/// </summary>
/// <remarks>One waiter at a time. The waiter goes on inside <see cref="Set"/>: both are loops of a carrier, never user code.</remarks>
sealed class InlineSignal : IValueTaskSource
{
    readonly Lock _lock = new();
    ManualResetValueTaskSourceCore<bool> _wait;
    bool _isSet, _waiting;

    internal void Set()
    {
        lock (_lock)
        {
            if (!_waiting)
            {
                _isSet = true;
                return;
            }

            _waiting = false;
        }

        _wait.SetResult(true);
    }

    internal ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_isSet)
            {
                _isSet = false;
                return default;
            }

            _waiting = true;
            _wait.Reset();
            return new ValueTask(this, _wait.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
