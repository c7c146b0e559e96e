namespace Fairlead.Streaming;

/// <summary>What became of what was written.</summary>
abstract partial class ChannelPipeWriter
{
    /// <summary>Completes when the carrier has sent all that was written and flushed; fails where it takes nothing more before.</summary>
    internal Task SentAsync()
    {
        lock (Lock)
        {
            if (Loss is not null) return Task.FromException(Loss);
            if (_inFlight == 0 && !_dropped) return Task.CompletedTask;
            if (HasEnded || _dropped) return Task.FromException(NotSent());
            _sent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _sent.Task;
        }
    }

    /// <summary>Called by the write loop when a buffer has gone out.</summary>
    internal void OnSent()
    {
        lock (Lock)
        {
            _inFlight--;
            if (_inFlight == 0) Interlocked.Exchange(ref _sent, null)?.SetResult();
            if (!IsWaiting || _inFlight >= MostInFlight) return;
        }

        GoOn();
    }

    /// <summary>Called by the write loop for a buffer that will not go out: how the session ends is for the read loop to say.</summary>
    internal void OnDropped()
    {
        lock (Lock)
        {
            _dropped = true;
            Interlocked.Exchange(ref _sent, null)?.SetException(NotSent());
        }
    }

    static IOException NotSent() => new("The connection has ended before all that was written was sent.");

    protected override void OnEnding(IOException? loss) => Interlocked.Exchange(ref _sent, null)?.SetException(loss ?? NotSent());
}
