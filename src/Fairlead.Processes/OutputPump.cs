using System.Buffers;
using System.IO.Pipelines;
using Fairlead.Streaming;

namespace Fairlead.Processes;

/// <summary>Moves one output of a process to its reader, and drops it once there is no reader. One call at a time.</summary>
sealed class OutputPump(OutputSource source)
{
    const int ReadSize = 32 * 1024;

    /// <summary>What is still to be read after the draining time is over; null before.</summary>
    int? _rest;

    /// <summary>
    /// Writes to <paramref name="writer"/> until the output has ended, the reader takes no more, or <paramref name="letGo"/>. The writer
    /// is not completed; nothing of its memory is in use any more after the call. Never throws for what the reader did.
    /// </summary>
    /// <returns>True at the end of the output; false when there is no reader any more.</returns>
    /// <param name="writer">Where to: its back pressure is the process's.</param>
    /// <param name="drained">From then on nothing new is waited for; what lies in the pipe is still moved, whatever time its reader takes.</param>
    /// <param name="letGo">The reader is gone.</param>
    internal async Task<bool> ForwardAsync(PipeWriter writer, CancellationToken drained, CancellationToken letGo)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(drained, letGo);
        try
        {
            Turn turn = default;
            while (!letGo.IsCancellationRequested)
            {
                int count = await ReadAsync(writer.GetMemory(), either.Token, drained);
                if (count < 0) continue;
                if (count == 0) return true;
                writer.Advance(count);
                FlushResult flushed = await writer.FlushAsync(letGo);
                if (flushed.IsCompleted) return false;
                if (turn.IsOver(count)) await Task.Yield();
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

        return false;
    }

    /// <summary>Reads and drops until the output has ended, so that nobody who writes to it is held up or meets a broken pipe.</summary>
    /// <param name="drained">From then on nothing new is waited for.</param>
    /// <param name="stop">From then on nothing more is read.</param>
    internal async Task DiscardAsync(CancellationToken drained, CancellationToken stop)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(drained, stop);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            int count;
            do count = await ReadAsync(buffer, either.Token, drained);
            while (count != 0 && !stop.IsCancellationRequested);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The number of bytes; 0 at the end; -1 when the wait was cancelled without a byte.</summary>
    internal async ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken wait, CancellationToken drained)
    {
        if (drained.IsCancellationRequested)
        {
            _rest ??= source.Available;
            room = room[..Math.Min(room.Length, _rest.Value)];
            if (room.IsEmpty) return 0;
            int count = await source.Stream.ReadAsync(room, CancellationToken.None); // there are bytes: this does not wait
            _rest -= count;
            return count;
        }

        try
        {
            return await source.Stream.ReadAsync(room, wait);
        }
        catch (OperationCanceledException)
        {
            return -1;
        }
        catch (ObjectDisposedException)
        {
            return 0; // the terminal was hung up by its owner
        }
    }
}
