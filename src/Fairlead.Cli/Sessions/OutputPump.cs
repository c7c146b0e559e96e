using System.IO.Pipelines;
using Fairlead.Cli.Native;
using Fairlead.Streaming;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// Writes one output of the session to a standard stream, on a thread of its own: a paused terminal may block it for hours, and the
/// thread pool has better things to do.
/// </summary>
sealed class OutputPump
{
    readonly PipeReader _source;
    readonly Stream _target;
    readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    OutputPump(PipeReader source, Stream target)
    {
        _source = source;
        _target = target;
    }

    /// <summary>Completes when all was written or the session was lost; faults when the stream takes no more.</summary>
    public Task Completion => _completion.Task;

    public static OutputPump Start(string name, PipeReader source, Stream target)
    {
        OutputPump pump = new(source, target);
        new Thread(pump.Run) { IsBackground = true, Name = name }.Start();
        return pump;
    }

    void Run()
    {
        ThreadWait wait = new();
        try
        {
            while (true)
            {
                if (!_source.TryRead(out ReadResult result)) result = wait.For(_source.ReadAsync());
                foreach (ReadOnlyMemory<byte> segment in result.Buffer) Write(segment.Span);
                _source.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted || result.IsCanceled) break;
            }

            _completion.SetResult();
        }
        catch (SessionLostException)
        {
            _completion.SetResult(); // what had arrived is written; the loss is told by who waits for the status
        }
#pragma warning disable CA1031 // this thread has no caller but the task
        catch (Exception e)
#pragma warning restore CA1031
        {
            _completion.SetException(e);
        }
    }

    void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _target.Write(bytes);
        }
        catch (IOException e) when (!OperatingSystem.IsWindows() && e.HResult == LibC.BrokenPipe)
        {
            throw new OutputClosedException(e);
        }
        catch (IOException e)
        {
            throw new IOException($"the output cannot be written: {e.Message}", e);
        }
    }
}
