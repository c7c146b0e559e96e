using System.IO.Pipelines;
using Fairlead.Cli.Native;
using Fairlead.Cli.Terminals;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// Reads standard input into the session, on a thread of its own, straight into the pipe's memory. The thread is in the background
/// and never waited for: a read can block for as long as nobody types.
/// </summary>
sealed class InputPump : IDisposable
{
    const byte CtrlC = 3;

    readonly Stream _source;
    readonly PipeWriter _target;
    readonly DetachKeys? _keys;
    readonly Func<bool>? _isLost;
    readonly ReadableWait? _wait;
    readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _detached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile bool _stopped;

    InputPump(Stream source, PipeWriter target, DetachKeys? keys, Func<bool>? isLost)
    {
        _source = source;
        _target = target;
        _keys = keys;
        _isLost = isLost;
        if (!OperatingSystem.IsWindows() && source is DescriptorStream) _wait = new ReadableWait(StandardStreams.InputDescriptor);
    }

    /// <summary>Completes when the input has ended or nobody takes it any more; faults when it cannot be read.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Completes when the keys were typed that leave the session; nothing is read any more then.</summary>
    public Task Detached => _detached.Task;

    /// <summary>Completes when Ctrl-C was typed while there was no connection; nothing is read any more then.</summary>
    public Task GivenUp => _givenUp.Task;

    public static InputPump Start(Stream source, PipeWriter target, DetachKeys? keys, Func<bool>? isLost = null)
    {
        InputPump pump = new(source, target, keys, isLost);
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
        byte[] typed = _keys is null ? [] : new byte[4096];
        while (WaitForInput())
        {
            Memory<byte> room = _keys is null ? _target.GetMemory() : typed;
            int count = Read(room);
            if (count == 0)
            {
#pragma warning disable VSTHRD002 // this thread is the terminal's, and has nothing else to do
                _target.CompleteAsync().AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
                return;
            }

            if (_isLost?.Invoke() == true && room.Span[..count].Contains(CtrlC))
            {
                _givenUp.SetResult();
                return;
            }

            if (_keys is null) _target.Advance(count);
            else if (_keys.Pass(typed.AsSpan(0, count), _target))
            {
                _detached.SetResult();
                return;
            }

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
