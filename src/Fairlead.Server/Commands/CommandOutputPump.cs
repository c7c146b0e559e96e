using System.Buffers;
using System.IO.Pipelines;
using Fairlead.Streaming;

namespace Fairlead.Server.Commands;

/// <summary>Moves one output of a command to its reader, and drops it once there is none. One call at a time.</summary>
/// <remarks>
/// When the command has ended, its children may still hold its output open. They are waited for until nothing has come for the drain time.
/// Once that time has passed since the command's end, only what was printed by then is still moved, however slowly it is read.
/// </remarks>
sealed class CommandOutputPump(ICommandOutput output, TimeProvider time) : IDisposable
{
    const int ReadSize = 32 * 1024;

    readonly Lock _lock = new();
    readonly CancellationTokenSource _silent = new(Timeout.InfiniteTimeSpan, time);
    TimeSpan? _patience;
    long _ended;
    bool _waits;

    /// <summary>What may still be read after the drain time is over; null before.</summary>
    int? _rest;

    /// <summary>The command has ended: from here on only so long is waited.</summary>
    internal void Hurry(TimeSpan patience)
    {
        lock (_lock)
        {
            (_patience, _ended) = (patience, time.GetTimestamp());
            if (_waits) _silent.CancelAfter(patience);
        }
    }

    /// <summary>
    /// Writes to <paramref name="writer"/> until nothing more is awaited or <paramref name="letGo"/>; what a reader does not take any more
    /// is dropped, so that it holds up nobody. The writer is not completed; nothing of its memory is in use any more after the call. Never
    /// throws for what the reader did.
    /// </summary>
    /// <param name="writer">Where to: its back pressure is the command's.</param>
    /// <param name="letGo">The reader is gone, and nobody waits.</param>
    internal async Task ForwardAsync(PipeWriter writer, CancellationToken letGo)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_silent.Token, letGo);
        try
        {
            Turn turn = default;
            while (true)
            {
                int count = await ReadAsync(writer.GetMemory(), either.Token, letGo);
                if (count == 0) return;
                writer.Advance(count);
                FlushResult flushed = await writer.FlushAsync(letGo);
                if (flushed.IsCompleted) break;
                if (turn.IsOver(count)) await Task.Yield();
            }

            byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
            try
            {
                while (await ReadAsync(buffer, either.Token, letGo) > 0)
                {
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        catch (SessionLostException)
        {
            // the reader is gone; what becomes of the command is the policy's, not this pump's
        }
        catch (OperationCanceledException) when (letGo.IsCancellationRequested)
        {
            // as above
        }
    }

    /// <summary>Reads and drops until the output has ended, so that nobody who writes to it is held up or meets a broken pipe.</summary>
    /// <param name="stop">From then on nothing more is read.</param>
    internal async Task DiscardAsync(CancellationToken stop)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            while (await output.ReadAsync(buffer, stop) > 0)
            {
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the runtime goes
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>The number of bytes; 0 when nothing more is awaited.</returns>
    async ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken patient, CancellationToken letGo)
    {
        bool isLate = BeginWait();
        try
        {
            if (!isLate) return await output.ReadAsync(room, patient);
            _rest ??= output.Available + output.Behind;
            room = room[..Math.Min(room.Length, _rest.Value)];
            if (room.IsEmpty) return 0;
            int count = await output.ReadAsync(room, output.Available > 0 ? letGo : patient);
            _rest -= count;
            return count;
        }
        catch (OperationCanceledException) when (!letGo.IsCancellationRequested)
        {
            return await RestAsync(room, letGo);
        }
        finally
        {
            EndWait();
        }
    }

    /// <summary>The wait is over: what came between its end and now is not lost.</summary>
    async ValueTask<int> RestAsync(Memory<byte> room, CancellationToken letGo)
    {
        _rest ??= output.Available;
        room = room[..Math.Min(Math.Min(room.Length, _rest.Value), output.Available)];
        if (room.IsEmpty) return 0;
        int count = await output.ReadAsync(room, letGo);
        _rest -= count;
        return count;
    }

    /// <summary>Only a wait for the command counts as silence, not one for a slow reader.</summary>
    /// <returns>True when the drain time is over.</returns>
    bool BeginWait()
    {
        lock (_lock)
        {
            _waits = true;
            if (_patience is not { } patience) return false;
            if (!_silent.IsCancellationRequested) _silent.CancelAfter(patience);
            return time.GetElapsedTime(_ended) >= patience;
        }
    }

    void EndWait()
    {
        lock (_lock)
        {
            _waits = false;
            if (_patience is not null && !_silent.IsCancellationRequested) _silent.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _silent.Dispose();
}
