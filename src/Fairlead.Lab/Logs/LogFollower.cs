namespace Fairlead.Lab.Logs;

/// <summary>One reader of a container's log. Read by one caller at a time.</summary>
sealed class LogFollower(ContainerLog log, LogChunk start) : IDisposable
{
    readonly CancellationTokenSource _cutOff = new();

    /// <summary>The last piece that was handed out. Only this one: holding an older one would keep all after it alive.</summary>
    LogChunk _at = start;

    /// <summary>The last piece that was taken whole; null after it was cut off. Under the log's lock.</summary>
    internal LogChunk? Taken { get; set; }

    /// <summary>When it took something last. Under the log's lock.</summary>
    internal long LastProgress { get; set; }

    /// <summary>Fires when it was too slow for too long and is no longer served.</summary>
    internal CancellationToken CutOff => _cutOff.Token;

    /// <summary>Bytes that it had not taken when it was cut off.</summary>
    internal long Behind { get; set; }

    /// <summary>The end of what was handed out.</summary>
    internal long Position => _at.End;

    /// <summary>The next piece; asking for it says that the one before was dealt with. Null at the end of the log.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or cut off.</exception>
    internal async ValueTask<LogChunk?> NextAsync(CancellationToken cancellationToken)
    {
        log.Advance(this, _at);
        while (true)
        {
            CutOff.ThrowIfCancellationRequested();
            (LogChunk? chunk, Task? changed) = log.After(_at);
            if (chunk is not null) return _at = chunk;
            if (changed is null) return null;
            await changed.WaitAsync(cancellationToken);
        }
    }

    internal void CutOffNow() => _ = _cutOff.CancelAsync(); // under the log's lock: callbacks run elsewhere

    public void Dispose()
    {
        log.Remove(this);
        _cutOff.Dispose();
    }
}
