using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Fairlead.Streaming;

/// <summary>The reading half of a channel: the read loop fills it, one consumer reads <see cref="Reader"/>. Bounded.</summary>
/// <remarks>All members but <see cref="Reader"/> belong to the carrier's read loop.</remarks>
sealed class InboundChannel
{
    /// <summary>What is received in one go before the consumer is woken.</summary>
    const int FlushBytes = 64 * 1024;

    /// <summary>Bounded by the credit that the peer was given, so that nothing waits here. Small, since many hold little.</summary>
    static readonly PipeOptions s_credited = new(pauseWriterThreshold: 0, minimumSegmentSize: 4096, useSynchronizationContext: false);

    readonly Pipe _pipe;
    readonly InboundReader _reader;
    int _unflushed;
    bool _dropping, _completed;

    /// <param name="capacity">Bytes that it holds.</param>
    /// <param name="inlineReader">The reader goes on inside the read loop: see <see cref="CarrierLimits.InlineReaders"/>.</param>
    internal InboundChannel(int capacity, bool inlineReader = false)
    {
        _pipe = new Pipe(new PipeOptions(
            readerScheduler: inlineReader ? PipeScheduler.Inline : PipeScheduler.ThreadPool,
            pauseWriterThreshold: capacity, resumeWriterThreshold: capacity / 2, minimumSegmentSize: 32 * 1024,
            useSynchronizationContext: false));
        _reader = new InboundReader(_pipe.Reader);
    }

    InboundChannel(PipeOptions options)
    {
        _pipe = new Pipe(options);
        _reader = new InboundReader(_pipe.Reader);
    }

    /// <summary>A channel that never makes its read loop wait, since the peer sends no more than it was given credit for.</summary>
    internal static InboundChannel Credited() => new(s_credited);

    internal PipeReader Reader => _reader;

    /// <summary>Bytes received since the session began.</summary>
    internal long Offset { get; private set; }

    /// <summary>It goes on with another carrier where one was cut: what interrupts the wait for its consumer is no end of it.</summary>
    internal bool OutlivesCarrier { get; init; }

    /// <summary>Told of bytes that nobody takes; null for nobody.</summary>
    internal Action? Skipped { get; init; }

    /// <summary>Nobody takes what comes: the consumer has completed its reader, or the peer said that it had ended.</summary>
    internal bool IsDropping => _dropping;

    internal Memory<byte> GetMemory() => _pipe.Writer.GetMemory(4096);

    /// <summary>Room for some of so many bytes that are known to come.</summary>
    internal Memory<byte> GetMemory(int coming) => _pipe.Writer.GetMemory(Math.Min(coming, FlushBytes / 2));

    internal void Advance(int bytes)
    {
        _pipe.Writer.Advance(bytes);
        _unflushed += bytes;
        Offset += bytes;
    }

    /// <summary>Passes on what is enough to be worth it, or all at a message's end. Waits while the consumer is behind.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask FlushAsync(bool endOfMessage)
    {
        if (_unflushed == 0 || (!endOfMessage && _unflushed < FlushBytes)) return;
        _unflushed = 0;
        FlushResult result = await _pipe.Writer.FlushAsync();
        if (result.IsCompleted || (result.IsCanceled && !OutlivesCarrier)) _dropping = true;
    }

    /// <summary>Counts what is received and not kept.</summary>
    internal void Skip(int bytes)
    {
        Offset += bytes;
        Skipped?.Invoke();
    }

    /// <summary>Passes on what has come, without a wait: of a channel that has room for all of it.</summary>
    internal void Flush()
    {
        if (_unflushed == 0) return;
        _unflushed = 0;
        ValueTask<FlushResult> flush = _pipe.Writer.FlushAsync();
        if (!flush.IsCompletedSuccessfully) throw new InvalidOperationException("A channel without a bound was full.");
#pragma warning disable VSTHRD002 // it is complete: nothing is waited for
        FlushResult result = flush.Result;
#pragma warning restore VSTHRD002
        if (result.IsCompleted || result.IsCanceled) _dropping = true;
    }

    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> payload)
    {
        while (!payload.IsEmpty && !_dropping)
        {
            int count = Math.Min(payload.Length, FlushBytes);
            _pipe.Writer.Write(payload.Span[..count]);
            _unflushed += count;
            Offset += count;
            payload = payload[count..];
            await FlushAsync(endOfMessage: true);
        }
    }

    /// <summary>
    /// The carrier is gone in the middle of a message: the consumer gets what has come of it, since it may be what the peer waits for
    /// before it sends more. Not while a carrier fills it.
    /// </summary>
    internal void PassOnRest()
    {
        if (_unflushed == 0) return;
        _unflushed = 0;
        _pipe.Writer.CancelPendingFlush(); // so that the flush waits for nobody
        ValueTask<FlushResult> flushed = _pipe.Writer.FlushAsync();
        if (flushed.IsCompletedSuccessfully && flushed.Result.IsCompleted) _dropping = true;
    }

    /// <summary>What its consumer, who reads no more, has not taken out. Not while a carrier fills it.</summary>
    internal ReadOnlySequence<byte> Unread()
    {
        _reader.CancelPendingRead(); // so that what was looked at already is shown too
        if (!_reader.TryRead(out ReadResult result)) return default;
        _reader.AdvanceTo(result.Buffer.Start);
        return result.Buffer;
    }

    /// <summary>Begins behind bytes that an earlier process took, with what it did not pass on. Nothing has come yet.</summary>
    internal void Restore(long offset, Stream unread, int length)
    {
        Offset = offset;
        while (length > 0)
        {
            Memory<byte> room = GetMemory(length);
            int count = Math.Min(room.Length, length);
            unread.ReadExactly(room.Span[..count]);
            Advance(count);
            length -= count;
        }

        Flush();
    }

    /// <summary>Lets go of a consumer that is behind: the session is over. The one member that any thread may call.</summary>
    internal void StopWaiting() => _pipe.Writer.CancelPendingFlush();

    /// <summary>No more will come: an end of input, or a loss that the consumer sees once it has read what came before.</summary>
    internal void Complete(IOException? loss)
    {
        if (_completed) return; // an input that had ended before the session was lost is whole
        _completed = _dropping = true;
        _reader.Loss = loss;
        _pipe.Writer.Complete();
    }
}
