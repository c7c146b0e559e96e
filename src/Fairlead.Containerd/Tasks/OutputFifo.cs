using System.Buffers;
using System.IO.Pipelines;
using System.IO.Pipes;
using Fairlead.Streaming;
using Microsoft.Win32.SafeHandles;

namespace Fairlead.Containerd.Tasks;

/// <summary>One output of a command: moved to its reader, and dropped once there is none. One call at a time.</summary>
/// <remarks>
/// Between the command and this end lie containerd's buffers, so that what can be read now is not all that was printed: after the
/// command's end the output is read until it ends, or until nothing came for a while because a child holds it open.
/// </remarks>
sealed class OutputFifo(AnonymousPipeClientStream stream, SafePipeHandle held) : IDisposable
{
    const int ReadSize = 32 * 1024;

    readonly Lock _lock = new();
    readonly CancellationTokenSource _silent = new();
    TimeSpan? _patience;
    bool _reading;

    /// <summary>Closes this side's own end to write to, which kept the output from ending before it had begun.</summary>
    public void LetGo() => held.Dispose();

    /// <summary>The command has ended: from here on <see cref="ForwardAsync"/> waits only so long for something new.</summary>
    public void Hurry(TimeSpan patience)
    {
        lock (_lock)
        {
            _patience = patience;
            if (_reading) _silent.CancelAfter(patience);
        }
    }

    /// <summary>Writes to <paramref name="writer"/> until the output has ended or is silent, the reader takes no more, or <paramref name="letGo"/>.</summary>
    /// <returns>True when nothing more is awaited; false when there is no reader any more. Never throws for what the reader did.</returns>
    public async Task<bool> ForwardAsync(PipeWriter writer, CancellationToken letGo)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_silent.Token, letGo);
        try
        {
            Turn turn = default;
            while (true)
            {
                int count = await ReadPatientlyAsync(writer.GetMemory(), either.Token);
                if (count == 0) return true;
                writer.Advance(count);
                FlushResult flushed = await writer.FlushAsync(letGo);
                if (flushed.IsCompleted) return false;
                if (turn.IsOver(count)) await Task.Yield();
            }
        }
        catch (SessionLostException)
        {
            return false; // what becomes of the command is the policy's
        }
        catch (OperationCanceledException)
        {
            return !letGo.IsCancellationRequested;
        }
    }

    /// <summary>Reads and drops until the output has ended, so that nobody who writes to it is held up.</summary>
    public async Task DiscardAsync(CancellationToken stop)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            while (await stream.ReadAsync(buffer, stop) > 0)
            {
            }
        }
        catch (OperationCanceledException)
        {
            // the runtime goes
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    async ValueTask<int> ReadPatientlyAsync(Memory<byte> room, CancellationToken stop)
    {
        Begin(reading: true);
        try
        {
            return await stream.ReadAsync(room, stop);
        }
        finally
        {
            Begin(reading: false);
        }
    }

    /// <summary>Only a wait for the command counts as silence, not one for a slow reader.</summary>
    void Begin(bool reading)
    {
        lock (_lock)
        {
            _reading = reading;
            if (_patience is { } patience) _silent.CancelAfter(reading ? patience : Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        held.Dispose();
        stream.Dispose();
        _silent.Dispose();
    }
}
