using System.IO.Pipelines;

namespace Fairlead.Files.Shells;

/// <summary>
/// Waits at both pipes of a shell, each for so long and no longer. One reader and one writer; nothing is allocated for a wait.
/// </summary>
sealed class Patience : IDisposable
{
    readonly PipeReader _output;
    readonly PipeWriter _input;
    readonly TimeProvider _time;
    readonly ITimer _reading, _writing;

    /// <summary>How long reads have waited in all.</summary>
    internal TimeSpan Waited { get; private set; }

    internal Patience(IShellProcess process, TimeProvider time)
    {
        (_output, _input, _time) = (process.Output, process.Input, time);
        _reading = time.CreateTimer(static pipe => ((PipeReader)pipe!).CancelPendingRead(), _output, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        _writing = time.CreateTimer(static pipe => ((PipeWriter)pipe!).CancelPendingFlush(), _input, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <exception cref="ShellSilentException">Nothing came.</exception>
    internal async ValueTask<ReadResult> ReadAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueTask<ReadResult> reading = _output.ReadAsync(cancellationToken);
            bool waits = !reading.IsCompleted;
            long began = _time.GetTimestamp();
            if (waits) _reading.Change(limit, Timeout.InfiniteTimeSpan);
            ReadResult result = await reading;
            if (waits)
            {
                _reading.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                Waited += _time.GetElapsedTime(began);
            }

            if (!result.IsCanceled) return result;
            _output.AdvanceTo(result.Buffer.Start);
            if (waits && _time.GetElapsedTime(began) >= limit) throw new ShellSilentException(limit);
            // otherwise the end of an earlier wait, which something came to in the same moment
        }
    }

    /// <returns>False where the shell takes nothing more.</returns>
    /// <exception cref="ShellSilentException">It took nothing.</exception>
    internal async ValueTask<bool> FlushAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueTask<FlushResult> flushing = _input.FlushAsync(cancellationToken);
            bool waits = !flushing.IsCompleted;
            long began = _time.GetTimestamp();
            if (waits) _writing.Change(limit, Timeout.InfiniteTimeSpan);
            FlushResult result = await flushing;
            if (waits) _writing.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (!result.IsCanceled) return !result.IsCompleted;
            if (waits && _time.GetElapsedTime(began) >= limit) throw new ShellSilentException(limit);
        }
    }

    public void Dispose()
    {
        _reading.Dispose();
        _writing.Dispose();
    }
}
