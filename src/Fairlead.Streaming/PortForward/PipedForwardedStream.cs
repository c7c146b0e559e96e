using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.PortForward;

/// <summary>A forwarded connection whose directions are channels of a carrier.</summary>
sealed class PipedForwardedStream(PipeReader input, ChannelPipeWriter output, IForwardLink link) : ForwardedStream
{
    /// <summary>
    /// The most that is dropped from a peer that goes on sending after this side has ended: enough for what was already on its way.
    /// </summary>
    const long MostDropped = 8 * 1024 * 1024;

    readonly SemaphoreSlim _reading = new(1);
    readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ReadResult _held;
    bool _isHeld, _writesCompleted;
    volatile bool _aborted, _isCut; // a write goes on, or ended before all of its bytes were passed on
    int _disposed;

    public override bool CanCompleteWrites => link.CanCompleteWrites;

    internal override PipeReader Input => input;

    internal override PipeWriter Output => output;

    internal override Task<IOException> Lost => output.Lost;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfOver();
#pragma warning disable VSTHRD103 // asks, and waits for nothing
        if (!_reading.Wait(0, CancellationToken.None)) throw new InvalidOperationException("Another read of this connection is waiting.");
        try
        {
            ReadResult result = _isHeld ? _held : await input.ReadAsync(cancellationToken);
            _isHeld = false;
            if (result.IsCanceled)
            {
                input.AdvanceTo(result.Buffer.Start);
                ThrowIfOver();
            }

            // A read of nothing only waits. What it saw is kept: a second look at the same bytes is taken for a consumer that is stuck.
            if (buffer.IsEmpty)
            {
                (_held, _isHeld) = (result, true);
                return 0;
            }

            int count = (int)Math.Min(buffer.Length, result.Buffer.Length);
            ReadOnlySequence<byte> taken = result.Buffer.Slice(0, count);
            taken.CopyTo(buffer.Span);
            input.AdvanceTo(taken.End);
            return count;
        }
        finally
        {
            _reading.Release();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return;
        if (_writesCompleted && _disposed == 0)
            throw new InvalidOperationException("CompleteWritesAsync was called: nothing can follow.");
        _isCut = true;
        Interlocked.MemoryBarrier(); // a disposal that comes now sees it, or is seen here
        ThrowIfOver();
        while (true)
        {
            Memory<byte> memory = output.GetMemory();
            int count = Math.Min(buffer.Length, memory.Length);
            buffer[..count].CopyTo(memory);
            output.Advance(count);
            buffer = buffer[count..];
            FlushResult result = await output.FlushAsync(cancellationToken);
            ThrowIfOver();
            if (result.IsCompleted)
                throw new ForwardResetException(ForwardFault.ConnectionReset, "The peer takes no more: the connection has ended.");
            if (buffer.IsEmpty) break;
        }

        _isCut = false;
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfOver();
        await link.SentAsync().WaitAsync(cancellationToken);
    }

    public override ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default)
    {
        if (!link.CanCompleteWrites)
            throw new NotSupportedException("This form of port-forward cannot say that one side sends no more; see CanCompleteWrites.");
        if (_writesCompleted || _aborted) return default;
        _writesCompleted = true;
        return output.CompleteAsync();
    }

    public override void Abort(ForwardFault fault = ForwardFault.Aborted, string reason = "The connection was given up.")
    {
        if (_aborted) return;
        _aborted = true;
        link.Reset(fault, reason);
        output.OnEnded(new ForwardResetException(fault, reason));
        input.CancelPendingRead();
    }

    void ThrowIfOver()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if (_aborted) throw new ForwardResetException(ForwardFault.Aborted, "The connection was reset here.");
    }

    public override ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref _disposed, 1) == 0 ? new(ReleaseAsync()) : new(_released.Task);

    async Task ReleaseAsync()
    {
        try
        {
            input.CancelPendingRead();
            await EndInOrderAsync();
            input.CancelPendingRead();
            await _reading.WaitAsync();
            await input.CompleteAsync(); // what nobody will read is given back
        }
        finally
        {
            await link.ReleaseAsync();
            _released.TrySetResult();
        }
    }

    /// <summary>
    /// As closing a TCP connection does: what was written arrives, and then the end. The peer's end is awaited: if the carrier closed
    /// earlier, whoever reads on the other side would see a connection that was cut. What the peer still sends meanwhile is dropped.
    /// </summary>
    async ValueTask EndInOrderAsync()
    {
        if (_aborted) return;
        if (_isCut)
        {
            Abort();
            return;
        }

        using CancellationTokenSource limit = new(link.DisposeTimeout, link.Time);
        try
        {
            if (link.CanCompleteWrites) await CompleteWritesAsync(CancellationToken.None);
            await link.SentAsync().WaitAsync(limit.Token);
            if (link.CanCompleteWrites) await DropInputAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Abort(ForwardFault.Aborted, $"The peer did not end within {link.DisposeTimeout.TotalSeconds:0.#} s after this side had.");
        }
        catch (IOException)
        {
            Abort(); // the peer has reset it, or the carrier is lost: who disposes wants to hear no more of it
        }
    }

    /// <summary>
    /// Reads to the peer's end. A peer that goes on sending is cut, because nobody reads it any more: a followed log, for instance, never
    /// ends.
    /// </summary>
    async ValueTask DropInputAsync(CancellationToken limit)
    {
        long dropped = 0;
        await _reading.WaitAsync(limit);
        try
        {
            if (_isHeld) input.AdvanceTo(_held.Buffer.End);
            bool isOver = _isHeld && _held.IsCompleted;
            _isHeld = false;
            while (!isOver)
            {
                ReadResult result = await input.ReadAsync(limit);
                dropped += result.Buffer.Length;
                input.AdvanceTo(result.Buffer.End);
                isOver = result.IsCompleted || _aborted;
                if (!isOver && dropped > MostDropped) throw new IOException("The peer goes on sending.");
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _ = DisposeAsync().AsTask(); // bounded by the time for it
        base.Dispose(disposing);
    }
}
