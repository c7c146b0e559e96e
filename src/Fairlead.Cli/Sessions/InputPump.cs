using System.IO.Pipelines;
using Fairlead.Cli.Native;
using Fairlead.Streaming;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// Reads standard input into the session, on a thread of its own, straight into the pipe's memory. The thread is in the background
/// and never waited for: a read can block for as long as nobody types.
/// </summary>
sealed class InputPump : IDisposable
{
    readonly Stream _source;
    readonly PipeWriter _target;
    readonly ReadableWait? _wait;
    readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile bool _stopped;

    InputPump(Stream source, PipeWriter target)
    {
        _source = source;
        _target = target;
        if (!OperatingSystem.IsWindows() && source is DescriptorStream) _wait = new ReadableWait(StandardStreams.InputDescriptor);
    }

    /// <summary>Completes when the input has ended or nobody takes it any more; faults when it cannot be read.</summary>
    public Task Completion => _completion.Task;

    public static InputPump Start(Stream source, PipeWriter target)
    {
        InputPump pump = new(source, target);
        new Thread(pump.Run) { IsBackground = true, Name = "stdin" }.Start();
        return pump;
    }

    void Run()
    {
        try
        {
            Copy();
            _completion.SetResult();
        }
        catch (Exception e) when (e is SessionLostException or ObjectDisposedException || _stopped)
        {
            _completion.SetResult(); // the session ended first, and says itself how
        }
#pragma warning disable CA1031 // this thread has no caller but the task
        catch (Exception e)
#pragma warning restore CA1031
        {
            _completion.SetException(e);
        }
    }

    void Copy()
    {
        ThreadWait wait = new();
        while (WaitForInput())
        {
            int count = Read(_target.GetMemory());
            if (count == 0)
            {
                _target.CompleteAsync().AsTask().GetAwaiter().GetResult();
                return;
            }

            _target.Advance(count);
            FlushResult result = wait.For(_target.FlushAsync());
            if (result.IsCompleted || result.IsCanceled) return;
        }
    }

    bool WaitForInput() => OperatingSystem.IsWindows() || _wait is null ? !_stopped : _wait.Wait();

    int Read(Memory<byte> buffer)
    {
        try
        {
            return _source.Read(buffer.Span);
        }
        catch (IOException e)
        {
            // The input is not completed: a command must not take half of it for the whole.
            throw new IOException($"standard input cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Tells the thread to end; it does when it next looks. Does not wait for it.</summary>
    public void Dispose()
    {
        _stopped = true;
        if (!OperatingSystem.IsWindows()) _wait?.Stop();
    }
}
