using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Fairlead.Streaming;

/// <summary>
/// The writing half of a channel. A flush hands the filled buffer to the carrier's write loop and waits only while
/// <see cref="MostInFlight"/> buffers are on their way: so the writer fills one while the loop sends another, and no more is held.
/// </summary>
/// <remarks>
/// One writer at a time, as for every PipeWriter. State that the write loop shares is under <c>_lock</c>. A cancelled flush ends only
/// the wait: the bytes go out all the same.
/// </remarks>
abstract partial class ChannelPipeWriter : PipeWriter, IValueTaskSource<FlushResult>
{
    const int MostInFlight = 2;

    readonly Lock _lock = new();
    readonly TaskCompletionSource<IOException> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Action<object?> _cancelWait;
    ManualResetValueTaskSourceCore<FlushResult> _wait = new() { RunContinuationsAsynchronously = true };
    CancellationTokenRegistration _registration;
    CancellationToken _waitToken;
    MessageBuffer _current;
    int _inFlight;
    bool _waiting, _cancelNext, _completed, _ended, _dropped;
    IOException? _loss;
    TaskCompletionSource? _sent;

    protected ChannelPipeWriter() => _cancelWait = static state => ((ChannelPipeWriter)state!).EndWait(canceled: true, byToken: true);

    /// <summary>Bytes handed to the carrier since the session began.</summary>
    internal long Offset { get; private set; }

    /// <summary>Completes, never faults, with why the peer takes nothing more; never where it was an orderly end.</summary>
    internal Task<IOException> Lost => _lost.Task;

    /// <summary>Hands a filled buffer to the carrier, which then owns it and calls <see cref="OnSent"/>.</summary>
    protected abstract void Send(MessageBuffer buffer);

    /// <summary>Says on the wire that this channel has ended, where the version can.</summary>
    /// <exception cref="NotSupportedException">The version cannot.</exception>
    protected abstract void SendEnd();

    /// <summary>The writer gave up: the peer must not take what it got for the whole.</summary>
    protected abstract void AbortBy(Exception exception);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _current.Length;

    /// <exception cref="InvalidOperationException">The channel was completed: nothing can follow its end.</exception>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_completed) throw new InvalidOperationException("The channel was completed: nothing can follow its end.");
        if (_current.IsRented && (_current.Free == 0 || _current.Free < sizeHint)) Dispatch();
        if (!_current.IsRented) _current = MessageBuffer.Rent(sizeHint);
        return _current.Unused;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes) => _current.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        Dispatch();
        lock (_lock)
        {
            if (_loss is not null) return ValueTask.FromException<FlushResult>(_loss);
            if (_cancelNext)
            {
                _cancelNext = false;
                return new(new FlushResult(isCanceled: true, isCompleted: _ended));
            }

            if (_ended || _inFlight < MostInFlight) return new(new FlushResult(isCanceled: false, isCompleted: _ended));
            if (_waiting) throw new InvalidOperationException("Another flush of this channel is waiting.");
            _waiting = true;
            _wait.Reset();
        }

        // Outside the lock: a token that is cancelled meanwhile calls back at once.
        short version = _wait.Version;
        _waitToken = cancellationToken;
        if (cancellationToken.CanBeCanceled) _registration = cancellationToken.UnsafeRegister(_cancelWait, this);
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
        lock (_lock)
        {
            if (!_waiting)
            {
                _cancelNext = true;
                return;
            }
        }

        EndWait(canceled: true, byToken: false);
    }

    public override void Complete(Exception? exception = null)
    {
        if (_completed) return;
        _completed = true;
        if (exception is not null)
        {
            _current = default; // left to the collector, as below
            AbortBy(exception);
            return;
        }

        Dispatch();
        _current = default; // asked for and not used: left to the collector, as an abandoned read may still be filling it
        try
        {
            SendEnd();
        }
        catch (NotSupportedException)
        {
            _completed = false; // nothing was said: more may follow, as a terminal's Ctrl-D
            throw;
        }
    }

    void Dispatch()
    {
        if (_current.Length == 0) return;
        MessageBuffer buffer = _current;
        _current = default;
        if (buffer.Length <= MessageBuffer.PayloadCapacity)
        {
            Dispatch(buffer);
            return;
        }

        // Somebody asked for more room than a message has: cut up, since peers read no more than 32 KiB in one piece.
        for (int start = 0; start < buffer.Length; start += MessageBuffer.PayloadCapacity)
        {
            ReadOnlySpan<byte> part = buffer.Payload[start..Math.Min(buffer.Length, start + MessageBuffer.PayloadCapacity)];
            MessageBuffer message = MessageBuffer.Rent(part.Length);
            part.CopyTo(message.Unused.Span);
            message.Advance(part.Length);
            Dispatch(message);
        }

        buffer.Return();
    }

    void Dispatch(MessageBuffer message)
    {
        bool ended;
        lock (_lock)
        {
            ended = _ended;
            if (!ended)
            {
                _inFlight++;
                Offset += message.Length;
            }
        }

        if (ended) message.Return();
        else Send(message);
    }

    void EndWait(bool canceled, bool byToken)
    {
        bool ended;
        IOException? loss;
        lock (_lock)
        {
            if (!_waiting) return;
            _waiting = false;
            (ended, loss) = (_ended, _loss);
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
