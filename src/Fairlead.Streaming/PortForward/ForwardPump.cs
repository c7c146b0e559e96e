using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.PortForward;

/// <summary>Joins two connections: bytes, ends and resets, each direction for itself.</summary>
public static class ForwardPump
{
    const int CopyBytes = 32 * 1024;

    /// <summary>
    /// How long the other direction may be silent after one has ended, where the form cannot pass an end on: then it counts as
    /// ended too. Whoever waits for the end would wait for ever, and whoever closed the whole connection looks the same.
    /// </summary>
    static readonly TimeSpan s_silence = TimeSpan.FromSeconds(5);

    /// <summary>Runs until both directions have ended, or one side was reset, which resets the other.</summary>
    /// <param name="near">One connection; disposed at the end.</param>
    /// <param name="far">The other; disposed at the end.</param>
    /// <param name="cancellationToken">Resets both.</param>
    /// <returns>What was moved, and the error that ended it before its end. Never throws for what a peer did.</returns>
    public static async Task<ForwardOutcome> RunAsync(
        ForwardedStream near, ForwardedStream far, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(near);
        ArgumentNullException.ThrowIfNull(far);
        await using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(
            static state =>
            {
                (ForwardedStream near, ForwardedStream far) = ((ForwardedStream, ForwardedStream))state!;
                near.Abort();
                far.Abort();
            },
            (near, far));
        Direction up = new(near, far), down = new(far, near);
        IOException?[] faults = await Task.WhenAll(up.RunAsync(down), down.RunAsync(up));
        await near.DisposeAsync();
        await far.DisposeAsync();
        return new ForwardOutcome(up.Bytes, down.Bytes, up.FaultedAt <= down.FaultedAt ? faults[0] : faults[1]);
    }

    sealed class Direction(ForwardedStream source, ForwardedStream destination)
    {
        long _lastMoved;
        readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously); // set with _isOver, and after it
        volatile bool _isOver;
        volatile IOException? _lost;

        internal long Bytes { get; private set; }

        /// <summary>When it failed: of two failures the later one is the earlier one's echo.</summary>
        internal long FaultedAt { get; private set; } = long.MaxValue;

        /// <returns>Why it ended before its end; null for an end.</returns>
        internal async Task<IOException?> RunAsync(Direction other)
        {
            if (destination.Lost is { } gone) _ = EndWithAsync(gone, other);
            try
            {
                await (source.Input is { } input ? PumpAsync(input)
                    : destination.Output is { } output ? PumpAsync(output, other) : CopyAsync());
                _done.TrySetResult();
                if (destination.CanCompleteWrites) await destination.CompleteWritesAsync();
                else await other.AwaitSilenceAsync();
                return null;
            }
            catch (Exception cause) when (cause is IOException or ObjectDisposedException or InvalidOperationException)
            {
                _isOver = true;
                _done.TrySetResult();
                Exception e = _lost ?? cause;
                (ForwardFault fault, string reason) = e switch
                {
                    ForwardResetException reset => (reset.Fault, reset.Message),
                    SessionLostException lost => (ForwardFault.CarrierLost, lost.Message),
                    _ => (ForwardFault.Aborted, e.Message),
                };
                FaultedAt = Stopwatch.GetTimestamp();
                source.Abort(fault, reason);
                destination.Abort(fault, reason);
                return e as IOException ?? new ForwardResetException(fault, reason, e);
            }
        }

        /// <summary>
        /// A destination that has ended its own direction and is then reset or lost cannot be noticed by a read any more, because nobody
        /// reads from it. Without this, the pump would wait for a silent source for ever. What the destination had sent before is delivered
        /// first: the other direction reports its own failure to both sides.
        /// </summary>
        async Task EndWithAsync(Task<IOException> gone, Direction other)
        {
            IOException loss = await gone;
            await other._done.Task;
            if (_isOver) return;
            _lost = loss;
            source.Abort((loss as ForwardResetException)?.Fault ?? ForwardFault.CarrierLost, loss.Message);
        }

        async Task AwaitSilenceAsync()
        {
            Volatile.Write(ref _lastMoved, Environment.TickCount64);
            using PeriodicTimer timer = new(s_silence / 5, TimeProvider.System);
            while (await timer.WaitForNextTickAsync() && !_isOver
                && Environment.TickCount64 - Volatile.Read(ref _lastMoved) < s_silence.TotalMilliseconds)
            {
                // the answer still comes
            }

            if (!_isOver) source.Abort(ForwardFault.Aborted, "The other side had ended, which this form cannot say.");
        }

        /// <summary>From a channel: its memory is what is written.</summary>
        async Task PumpAsync(PipeReader input)
        {
            Turn turn = default;
            while (true)
            {
                ReadResult result = await input.ReadAsync();
                if (result.IsCanceled) throw new ForwardResetException(ForwardFault.Aborted, "The connection was reset here.");
                foreach (ReadOnlyMemory<byte> part in result.Buffer)
                {
                    await destination.WriteAsync(part);
                    Moved(part.Length);
                    if (turn.IsOver(part.Length)) await Task.Yield();
                }

                input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) break;
            }

            _isOver = true;
        }

        /// <summary>Into a channel: what is received lies where it is sent from. No buffer is held while nothing comes.</summary>
        async Task PumpAsync(PipeWriter output, Direction other)
        {
            Turn turn = default;
            while (true)
            {
                _ = await source.ReadAsync(Memory<byte>.Empty);
                int count = await source.ReadAsync(output.GetMemory());
                if (count == 0) break;
                output.Advance(count);
                FlushResult result = await output.FlushAsync();
                if (result.IsCompleted)
                {
                    await DropUntilDoneAsync(other);
                    throw new ForwardResetException(ForwardFault.ConnectionReset, "The peer takes no more: the connection has ended.");
                }

                Moved(count);
                if (turn.IsOver(count)) await Task.Yield();
            }

            _isOver = true;
        }

        /// <summary>
        /// A source that takes no more may have ended both directions at once, as forms with channels do. What it sent before that must
        /// still arrive: if the other side were reset at once, it could lose bytes that it has not read yet.
        /// </summary>
        async Task DropUntilDoneAsync(Direction other)
        {
            byte[] dropped = ArrayPool<byte>.Shared.Rent(CopyBytes);
            while (!other._done.Task.IsCompleted)
            {
                Task<int> read = source.ReadAsync(dropped).AsTask();
                if (await Task.WhenAny(read, other._done.Task) != read || await read == 0) return; // the buffer may still be read into
            }

            ArrayPool<byte>.Shared.Return(dropped);
        }

        async Task CopyAsync()
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
            Turn turn = default;
            try
            {
                while (await source.ReadAsync(buffer) is > 0 and int count)
                {
                    await destination.WriteAsync(buffer.AsMemory(0, count));
                    Moved(count);
                    if (turn.IsOver(count)) await Task.Yield();
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            _isOver = true;
        }

        void Moved(int count)
        {
            Bytes += count;
            Volatile.Write(ref _lastMoved, Environment.TickCount64);
        }
    }
}
