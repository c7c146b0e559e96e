namespace Fairlead.Streaming;

/// <summary>What became of what was written.</summary>
abstract partial class ChannelPipeWriter
{
    /// <summary>Completes when the carrier has sent all that was written and flushed; fails where it takes nothing more before.</summary>
    internal Task SentAsync()
    {
        lock (_lock)
        {
            if (_loss is not null) return Task.FromException(_loss);
            if (_inFlight == 0 && !_dropped) return Task.CompletedTask;
            if (_ended || _dropped) return Task.FromException(NotSent());
            _sent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _sent.Task;
        }
    }

    /// <summary>Called by the write loop when a buffer has gone out.</summary>
    internal void OnSent()
    {
        lock (_lock)
        {
            _inFlight--;
            if (_inFlight == 0) Interlocked.Exchange(ref _sent, null)?.SetResult();
            if (!_waiting || _inFlight >= MostInFlight) return;
        }

        EndWait(canceled: false, byToken: false);
    }

    /// <summary>Called by the write loop for a buffer that will not go out: how the session ends is for the read loop to say.</summary>
    internal void OnDropped()
    {
        lock (_lock)
        {
            _dropped = true;
            Interlocked.Exchange(ref _sent, null)?.SetException(NotSent());
        }
    }

    static IOException NotSent() => new("The connection has ended before all that was written was sent.");

    /// <summary>Called when the carrier takes nothing more: in order (null), or because it was lost.</summary>
    internal void OnEnded(IOException? loss)
    {
        lock (_lock)
        {
            if (_ended) return;
            _ended = true;
            _loss = loss;
            Interlocked.Exchange(ref _sent, null)?.SetException(loss ?? NotSent());
        }

        if (loss is not null) _lost.SetResult(loss);
        EndWait(canceled: false, byToken: false);
    }
}
