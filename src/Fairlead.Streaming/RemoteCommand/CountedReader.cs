using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>Tells how many bytes are taken out of a pipe.</summary>
/// <param name="inner">The pipe.</param>
/// <param name="taken">Is told.</param>
/// <param name="completed">Is told that no more are.</param>
sealed class CountedReader(PipeReader inner, Action<long> taken, Action? completed = null) : PipeReader
{
    ReadOnlySequence<byte> _read;

    public override void AdvanceTo(SequencePosition consumed)
    {
        Count(consumed);
        inner.AdvanceTo(consumed);
    }

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        Count(consumed);
        inner.AdvanceTo(consumed, examined);
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

    void Count(SequencePosition consumed)
    {
        long length = _read.IsEmpty ? 0 : _read.Slice(0, consumed).Length;
        _read = default;
        if (length > 0) taken(length);
    }
}
