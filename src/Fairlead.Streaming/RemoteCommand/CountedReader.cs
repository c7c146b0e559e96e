using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>Tells how many bytes are taken out of a pipe.</summary>
/// <param name="inner">The pipe.</param>
/// <param name="taken">Is told.</param>
/// <param name="completed">Is told that no more are.</param>
/// <param name="countsLooks">
/// What was looked at counts, also what is not taken out yet, as pipes do where they bound what waits: a reader that needs more at once
/// gets it.
/// </param>
sealed class CountedReader(PipeReader inner, Action<long> taken, Action? completed = null, bool countsLooks = false) : PipeReader
{
    ReadOnlySequence<byte> _read;
    long _looked; // of what is left in the pipe

    /// <summary>So much of what lies in the pipe was looked at and counted before.</summary>
    internal void StartBehind(long looked) => _looked = looked;

    public override void AdvanceTo(SequencePosition consumed)
    {
        long count = Count(consumed, consumed);
        inner.AdvanceTo(consumed);
        if (count > 0) taken(count);
    }

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        long count = Count(consumed, examined);
        inner.AdvanceTo(consumed, examined);
        if (count > 0) taken(count);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        inner.Complete(exception);
        completed?.Invoke();
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        await inner.CompleteAsync(exception);
        completed?.Invoke();
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> read = inner.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? new(Keep(read.Result)) : KeepAsync(read);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<ReadResult> KeepAsync(ValueTask<ReadResult> read) => Keep(await read);

    public override bool TryRead(out ReadResult result)
    {
        bool isThere = inner.TryRead(out result);
        if (isThere) Keep(result);
        return isThere;
    }

    ReadResult Keep(ReadResult result)
    {
        _read = result.Buffer;
        return result;
    }

    long Count(SequencePosition consumed, SequencePosition looked)
    {
        long length = _read.IsEmpty ? 0 : _read.Slice(0, consumed).Length;
        long count = length;
        if (countsLooks)
        {
            long all = Math.Max(_read.IsEmpty ? 0 : _read.Slice(0, looked).Length, _looked);
            (count, _looked) = (all - _looked, all - length);
        }

        _read = default;
        return count;
    }
}
