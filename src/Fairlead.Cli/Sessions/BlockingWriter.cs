using System.Threading.Tasks.Sources;

namespace Fairlead.Cli.Sessions;

/// <summary>A thread that writes to a stream which may block. It is there from the first write on, and asleep between two.</summary>
/// <remarks>One write at a time. Whoever awaits one goes on on this thread.</remarks>
sealed class BlockingWriter(string name, Stream target) : IValueTaskSource
{
    readonly object _gate = new(); // a Monitor, since a Lock cannot be waited on
    ManualResetValueTaskSourceCore<bool> _wait;
    ReadOnlyMemory<byte> _bytes;
    bool _isStarted, _hasWork, _isStopped;

    /// <summary>Writes all of it.</summary>
    /// <exception cref="IOException">The stream takes no more.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _wait.Reset();
        lock (_gate)
        {
            _bytes = bytes;
            _hasWork = true;
            Monitor.Pulse(_gate);
        }

        if (!_isStarted)
        {
            _isStarted = true;
            new Thread(Run) { IsBackground = true, Name = name }.Start();
        }

        return new ValueTask(this, _wait.Version);
    }

    /// <summary>Nothing more will be written. Safe on the thread itself.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
            Monitor.Pulse(_gate);
        }
    }

    void Run()
    {
        while (WaitForWork())
        {
            try
            {
                target.Write(_bytes.Span);
            }
#pragma warning disable CA1031 // it is whoever awaits the write that this happens to
            catch (Exception e)
#pragma warning restore CA1031
            {
                _wait.SetException(e);
                continue;
            }

            _wait.SetResult(true);
        }
    }

    bool WaitForWork()
    {
        lock (_gate)
        {
            while (!_hasWork && !_isStopped) Monitor.Wait(_gate);
            return _hasWork && !(_hasWork = false);
        }
    }

    void IValueTaskSource.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
