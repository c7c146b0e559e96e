using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Testing;

/// <summary>A carrier made of pipes in memory: the client's ends are the test's.</summary>
public sealed class MemoryAdapter : RemoteCommandAdapter
{
    const int Limit = 64 * 1024;

    readonly Pipe[] _pipes = new Pipe[5];
    readonly TaskCompletionSource<SessionLostException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MemoryAdapter(RemoteCommandRequest request)
    {
        for (int i = 0; i < _pipes.Length; i++)
            _pipes[i] = new Pipe(new PipeOptions(pauseWriterThreshold: Limit, resumeWriterThreshold: Limit / 2, useSynchronizationContext: false));
        if (!request.Stdin) this[RemoteChannel.StandardInput].Writer.Complete();
    }

    public Pipe this[RemoteChannel channel] => _pipes[(int)channel];

    public override RemoteCommandProtocol Protocol => RemoteCommandProtocol.V5;

    public override string Description => "memory";

    public override Task<SessionLostException?> Ended => _ended.Task;

    public override PipeReader GetReader(RemoteChannel channel) => this[channel].Reader;

    public override PipeWriter GetWriter(RemoteChannel channel) => new LosingWriter(this, this[channel].Writer);

    public override ValueTask CloseAsync()
    {
        _ended.TrySetResult(null);
        return ValueTask.CompletedTask;
    }

    public override void Abort(SessionLostException reason) => Lose(reason);

    /// <summary>The client vanishes.</summary>
    public void Lose(SessionLostException? reason = null)
    {
        reason ??= new SessionLostException(SessionLoss.ConnectionBroken, "The wire was cut.");
        _ended.TrySetResult(reason);
        this[RemoteChannel.StandardInput].Writer.Complete(reason);
        this[RemoteChannel.Resize].Writer.Complete(reason);
        this[RemoteChannel.StandardOutput].Reader.Complete(reason);
        this[RemoteChannel.StandardError].Reader.Complete(reason);
    }

    /// <summary>The client reads no more of this channel and stays.</summary>
    public void TakeNoMore(RemoteChannel channel) => this[channel].Reader.Complete();

    public override ValueTask DisposeAsync()
    {
        _ended.TrySetResult(null);
        this[RemoteChannel.Resize].Writer.Complete();
        return ValueTask.CompletedTask;
    }

    /// <summary>Real adapters say the loss by an exception; a pipe's writer only says that its reader is complete.</summary>
    sealed class LosingWriter(MemoryAdapter adapter, PipeWriter inner) : PipeWriter
    {
        public override void Advance(int bytes) => inner.Advance(bytes);
        public override void CancelPendingFlush() => inner.CancelPendingFlush();
        public override void Complete(Exception? exception = null) => inner.Complete(exception);
        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);
        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            FlushResult result = await inner.FlushAsync(cancellationToken);
            return result.IsCompleted && adapter._ended.Task.IsCompleted ? throw new SessionLostException(SessionLoss.ConnectionBroken, "The wire was cut.") : result;
        }
    }
}
