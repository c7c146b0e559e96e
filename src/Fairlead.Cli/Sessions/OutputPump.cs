using System.IO.Pipelines;
using Fairlead.Cli.Native;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// Writes one output of the session to a standard stream: what can be written at once where it arrives, inside the session's read loop, and
/// the rest on a thread of its own. A paused terminal may block that for hours, and the session goes on.
/// </summary>
sealed class OutputPump
{
    readonly PipeReader _source;
    readonly Stream _target;
    readonly BlockingWriter _blocking;
    readonly ScreenNotice? _screen;
    readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    OutputPump(string name, PipeReader source, Stream target, ScreenNotice? screen)
    {
        _source = source;
        _target = target;
        _screen = screen;
        _blocking = new BlockingWriter(name, target);
    }

    /// <summary>Completes when all was written or the session was lost; faults when the stream takes no more.</summary>
    public Task Completion => _completion.Task;

    /// <param name="name">That of its thread.</param>
    /// <param name="source">The output.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="screen">Where a line of ours may stand on the terminal that it goes to; null where none does.</param>
    public static OutputPump Start(string name, PipeReader source, Stream target, ScreenNotice? screen = null)
    {
        OutputPump pump = new(name, source, target, screen);
        _ = pump.RunAsync();
        return pump;
    }

    async Task RunAsync()
    {
        try
        {
            await CopyAsync().ConfigureAwait(false);
            _completion.SetResult();
        }
        catch (SessionLostException)
        {
            _completion.SetResult(); // what had arrived is written; the loss is told by who waits for the status
        }
        catch (IOException e) when (StandardStreams.IsClosedOutput(e))
        {
            _completion.SetException(new OutputClosedException(e));
        }
        catch (IOException e)
        {
            _completion.SetException(new IOException($"the output cannot be written: {e.Message}", e));
        }
#pragma warning disable CA1031 // nobody awaits this method but through the completion
        catch (Exception e)
#pragma warning restore CA1031
        {
            _completion.SetException(e);
        }
        finally
        {
            _blocking.Stop();
        }
    }

    /// <summary>
    /// Goes on where it is called from: in the read loop when bytes have arrived, on the writer's thread when that is done.
    /// </summary>
    async Task CopyAsync()
    {
        while (true)
        {
            ReadResult result = await _source.ReadAsync().ConfigureAwait(false);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                if (_screen is not null)
                {
                    await _screen.WriteAsync(segment, _blocking).ConfigureAwait(false);
                    continue;
                }

                int written = OperatingSystem.IsLinux() && _target is DescriptorStream descriptor
                    ? descriptor.WriteWithoutWaiting(segment.Span)
                    : 0;
                if (written < segment.Length) await _blocking.WriteAsync(segment[written..]).ConfigureAwait(false);
            }

            _source.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted || result.IsCanceled) return;
        }
    }
}
