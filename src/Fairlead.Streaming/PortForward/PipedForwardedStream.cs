using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.PortForward;

/// <summary>A forwarded connection whose directions are channels of a carrier.</summary>
sealed class PipedForwardedStream(PipeReader input, ChannelPipeWriter output, IForwardLink link) : ForwardedStream
{
    ReadResult _held;
    bool _isHeld, _writesCompleted;
    volatile bool _aborted;
    int _disposed, _reading;

    public override bool CanCompleteWrites => link.CanCompleteWrites;

    internal override PipeReader Input => input;

    internal override PipeWriter Output => output;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfOver();
        if (Interlocked.Exchange(ref _reading, 1) != 0) throw new InvalidOperationException("Another read of this connection is waiting.");
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
            Volatile.Write(ref _reading, 0);
            if (_disposed != 0) CompleteInput();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            ThrowIfOver();
            if (_writesCompleted) throw new InvalidOperationException("CompleteWritesAsync was called: nothing can follow.");
            Memory<byte> memory = output.GetMemory();
            int count = Math.Min(buffer.Length, memory.Length);
            buffer[..count].CopyTo(memory);
            output.Advance(count);
            buffer = buffer[count..];
            FlushResult result = await output.FlushAsync(cancellationToken);
            if (result.IsCompleted)
                throw new ForwardResetException(ForwardFault.ConnectionReset, "The peer takes no more: the connection has ended.");
        }
    }

    public override ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default)
    {
        if (!link.CanCompleteWrites)
            throw new NotSupportedException("This form of port-forward cannot say that one side sends no more; see CanCompleteWrites.");
        if (_writesCompleted || _aborted) return default;
        _writesCompleted = true;
        output.Complete();
        return default;
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

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return default;
        if (!_writesCompleted && link.CanCompleteWrites) Abort(); // where the form has no other end, this is it
        input.CancelPendingRead();
        CompleteInput();
        return link.ReleaseAsync();
    }

    /// <summary>Gives back what nobody will read. Whichever comes last, the read in progress or the disposal, does it.</summary>
    void CompleteInput()
    {
        if (Interlocked.Exchange(ref _reading, 1) == 0) input.Complete();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _ = DisposeAsync().AsTask(); // the link's owner waits for what is still to be done
        base.Dispose(disposing);
    }
}
