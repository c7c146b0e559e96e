using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Fairlead.Streaming;

/// <summary>
/// A PipeWriter whose flush waits while it is full. What is done with the bytes, and when there is room again, is for whoever derives from
/// it.
/// </summary>
/// <remarks>
/// One writer at a time, as for every PipeWriter. State that others share is under <see cref="Lock"/>. A cancelled flush ends only the
/// wait: the bytes go out all the same.
/// </remarks>
/// <param name="state">Guards what the writer shares.</param>
abstract class BoundedPipeWriter(Lock state) : PipeWriter, IValueTaskSource<FlushResult>
{
    static readonly Action<object?> s_cancelWait = static writer => ((BoundedPipeWriter)writer!).EndWait(canceled: true, byToken: true);

    readonly TaskCompletionSource<IOException> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ManualResetValueTaskSourceCore<FlushResult> _wait = new() { RunContinuationsAsynchronously = true };
    CancellationTokenRegistration _registration;
    CancellationToken _waitToken;
    bool _waiting, _cancelNext;

    /// <summary>Completes, never faults, with why the peer takes nothing more; never where it was an orderly end.</summary>
    internal Task<IOException> Lost => _lost.Task;

    /// <summary>Guards what the writer shares.</summary>
    protected Lock Lock => state;

    /// <summary>Nothing more is taken. Under the lock.</summary>
    protected bool HasEnded { get; private set; }

    /// <summary>Why nothing more is taken; null where it was an orderly end. Under the lock.</summary>
    protected IOException? Loss { get; private set; }

    /// <summary>A flush waits. Under the lock.</summary>
    protected bool IsWaiting => _waiting;

    /// <summary>The writer has to wait. Asked under the lock.</summary>
    protected abstract bool IsFull { get; }

    /// <summary>Hands on what was written. Not under the lock.</summary>
    protected abstract void Dispatch();

    public override bool CanGetUnflushedBytes => true;

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        Dispatch();
        lock (state)
        {
            if (Loss is not null) return ValueTask.FromException<FlushResult>(Loss);
            if (_cancelNext)
            {
                _cancelNext = false;
                return new(new FlushResult(isCanceled: true, isCompleted: HasEnded));
            }

            if (HasEnded || !IsFull) return new(new FlushResult(isCanceled: false, isCompleted: HasEnded));
            if (_waiting) throw new InvalidOperationException("Another flush of this channel is waiting.");
            _waiting = true;
            _wait.Reset();
        }

        // Outside the lock: a token that is cancelled meanwhile calls back at once.
        short version = _wait.Version;
        _waitToken = cancellationToken;
        if (cancellationToken.CanBeCanceled) _registration = cancellationToken.UnsafeRegister(s_cancelWait, this);
        return new ValueTask<FlushResult>(this, version);
    }

    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        FlushResult result;
        do
        {
            Memory<byte> memory = GetMemory();
            int count = Math.Min(source.Length, memory.Length);
            source[..count].CopyTo(memory);
            Advance(count);
            source = source[count..];
            result = await FlushAsync(cancellationToken);
        }
        while (!source.IsEmpty && !result.IsCompleted && !result.IsCanceled);

        return result;
    }

    public override void CancelPendingFlush()
    {
        lock (state)
        {
            if (!_waiting)
            {
                _cancelNext = true;
                return;
            }
        }

        EndWait(canceled: true, byToken: false);
    }

    /// <summary>There is room again. Not under the lock.</summary>
    protected void GoOn() => EndWait(canceled: false, byToken: false);

    /// <summary>Nothing more is taken: in order (null), or because it was lost. The first call counts. Not under the lock.</summary>
    internal void OnEnded(IOException? loss)
    {
        lock (state)
        {
            if (HasEnded) return;
            (HasEnded, Loss) = (true, loss);
            OnEnding(loss);
        }

        if (loss is not null) _lost.SetResult(loss);
        EndWait(canceled: false, byToken: false);
    }

    /// <summary>The same, for whoever derives from it. Under the lock.</summary>
    protected virtual void OnEnding(IOException? loss)
    {
    }

    void EndWait(bool canceled, bool byToken)
    {
        bool ended;
        IOException? loss;
        lock (state)
        {
            if (!_waiting) return;
            _waiting = false;
            (ended, loss) = (HasEnded, Loss);
        }

        if (byToken) _wait.SetException(new OperationCanceledException(_waitToken));
        else if (loss is not null) _wait.SetException(loss);
        else _wait.SetResult(new FlushResult(canceled, ended));
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        return _wait.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);
}
