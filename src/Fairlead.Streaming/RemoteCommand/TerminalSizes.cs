using System.Buffers;
using System.IO.Pipelines;
using Fairlead.Wire;

namespace Fairlead.Streaming.RemoteCommand;

/// <summary>
/// The terminal sizes that a client sends, newest only. The channel is always drained, also when nobody asks for sizes and after
/// bytes that are no size: an unread resize channel would hold up the whole connection.
/// </summary>
public sealed class TerminalSizes : IAsyncDisposable
{
    /// <summary>A value that is longer than this is no terminal size.</summary>
    const int LongestValue = 1024;

    readonly PipeReader _reader;
    readonly Task _drain;
    readonly Lock _lock = new();
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TerminalSize? _newest;
    bool _ended;
    volatile bool _isSuspended;

    internal TerminalSizes(PipeReader reader)
    {
        _reader = reader;
        _drain = DrainAsync();
    }

    /// <summary>The last one that came; null where none has.</summary>
    internal TerminalSize? Last { get; private set; }

    /// <summary>Waits for a size that was not returned yet.</summary>
    /// <returns>The newest size; null when no more will come.</returns>
    public async ValueTask<TerminalSize?> NextAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_newest is { } size)
                {
                    _newest = null;
                    return size;
                }

                if (_ended) return null;
                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    async Task DrainAsync()
    {
        bool valid = true;
        try
        {
            while (true)
            {
                ReadResult result = await _reader.ReadAsync();
                ReadOnlySequence<byte> input = result.Buffer;
                try
                {
                    while (valid && TerminalSize.TryRead(ref input, out TerminalSize size)) Publish(size);
                    valid &= input.Length <= LongestValue;
                }
                catch (FormatException)
                {
                    valid = false; // as the API server does: what follows the first bad value is not looked at
                }

                if (!valid) input = input.Slice(input.End);
                _reader.AdvanceTo(input.Start, result.Buffer.End);
                if (result.IsCompleted || result.IsCanceled) break;
            }
        }
        catch (SessionLostException)
        {
            // the session's own end says so; here it only means that no size comes
        }

        if (_isSuspended) return;
        await _reader.CompleteAsync();
        lock (_lock)
        {
            _ended = true;
            _changed.TrySetResult();
        }
    }

    /// <summary>Leaves what has not come whole where it is. Nobody waits for a size any more.</summary>
    internal async Task SuspendAsync()
    {
        _isSuspended = true;
        _reader.CancelPendingRead();
        await _drain;
    }

    /// <summary>A size that has come.</summary>
    internal void Publish(TerminalSize size)
    {
        lock (_lock)
        {
            Last = _newest = size;
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _reader.CancelPendingRead();
        await _drain;
    }
}
