using System.Runtime.CompilerServices;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// How a pump's own thread waits for what is asynchronous: asleep at once. A task's own wait spins first, which takes the processor from
/// those that it waits for, and allocates.
/// </summary>
/// <remarks>For one thread.</remarks>
sealed class ThreadWait
{
    readonly object _gate = new(); // a Monitor, since a Lock cannot be waited on
    readonly Action _set;
    bool _isDone;

    public ThreadWait() => _set = Set;

    /// <summary>Waits; throws what the task throws.</summary>
    public T For<T>(ValueTask<T> task)
    {
        ValueTaskAwaiter<T> awaiter = task.GetAwaiter();
        if (!awaiter.IsCompleted)
        {
            _isDone = false;
            awaiter.UnsafeOnCompleted(_set);
            lock (_gate)
            {
                while (!_isDone) Monitor.Wait(_gate);
            }
        }

#pragma warning disable VSTHRD002 // it has ended: the wait was above
        return awaiter.GetResult();
#pragma warning restore VSTHRD002
    }

    void Set()
    {
        lock (_gate)
        {
            _isDone = true;
            Monitor.Pulse(_gate);
        }
    }
}
