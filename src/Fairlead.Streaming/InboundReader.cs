using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Fairlead.Streaming;

/// <summary>
/// A pipe's reader whose end can be a loss. A plain pipe throws at once when its writer failed, also while received bytes wait to be
/// read; here they are delivered first, and only then is the loss thrown: nothing is lost at the end, and no loss looks like an end.
/// </summary>
sealed class InboundReader(PipeReader inner) : PipeReader
{
    IOException? _loss;
    long _delivered = -1;

    /// <summary>Set once, before the pipe is completed.</summary>
    internal IOException? Loss
    {
        get => Volatile.Read(ref _loss);
        set => Volatile.Write(ref _loss, value);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result)) return false;
        result = Judge(result);
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> read = inner.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? new(Judge(read.Result)) : JudgeAsync(read);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    async ValueTask<ReadResult> JudgeAsync(ValueTask<ReadResult> read) => Judge(await read);

    ReadResult Judge(in ReadResult result)
    {
        if (!result.IsCompleted || Loss is not { } loss) return result;

        // Bytes that are left and were not there, or were consumed in part, since the last look: deliver them, the end comes later.
        long length = result.Buffer.Length;
        if (length > 0 && length != _delivered)
        {
            _delivered = length;
            return new ReadResult(result.Buffer, result.IsCanceled, isCompleted: false);
        }

        inner.AdvanceTo(result.Buffer.Start);
        throw loss;
    }

    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);
}
