namespace Fairlead.Lab.Logs;

/// <summary>
/// What one run of a main process has printed: the newest part of it, bounded. Followers read at their own pace; when one is a whole
/// log behind, whoever appends waits for it, but only while it takes something now and then.
/// </summary>
#pragma warning disable CA1001 // a SemaphoreSlim whose wait handle nobody asks for holds nothing that needs to be disposed
sealed class ContainerLog(int size, TimeSpan patience, TimeProvider time)
#pragma warning restore CA1001
{
    /// <summary>A full log has this many pieces at least, so that dropping the oldest never drops much.</summary>
    const int SmallestCount = 8;

    readonly Lock _lock = new();
    readonly SemaphoreSlim _appending = new(1, 1);
    readonly HashSet<LogFollower> _followers = [];
    LogChunk _beforeFirst = new([], default, false);
    LogChunk? _lastChunk;
    TaskCompletionSource _changed = NewSignal(), _progress = NewSignal();
    long _used;
    bool _completed, _hurry;

    internal TimeProvider Time { get; } = time;

    /// <summary>Adds a piece; waits for room. The bytes are copied.</summary>
    internal async ValueTask AppendAsync(ReadOnlyMemory<byte> data, bool isError)
    {
        await _appending.WaitAsync();
        try
        {
            DateTimeOffset now = Time.GetUtcNow();
            int piece = Math.Max(1, size / SmallestCount);
            for (; !data.IsEmpty; data = data[Math.Min(piece, data.Length)..])
                await AppendAsync(new LogChunk(data[..Math.Min(piece, data.Length)].ToArray(), now, isError));
        }
        finally
        {
            _appending.Release();
        }
    }

    async ValueTask AppendAsync(LogChunk chunk)
    {
        await MakeRoomAsync(chunk.Cost);
        lock (_lock)
        {
            LogChunk last = _lastChunk ?? _beforeFirst;
            chunk.Offset = last.End;
            last.Next = chunk;
            _lastChunk = chunk;
            _used += chunk.Cost;
            Pulse(ref _changed);
        }
    }

    /// <summary>Nothing more will be added.</summary>
    internal void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            Pulse(ref _changed);
        }
    }

    /// <summary>No follower is waited for any more: the process is being ended.</summary>
    internal void Hurry()
    {
        lock (_lock)
        {
            _hurry = true;
            Pulse(ref _progress);
        }
    }

    /// <summary>A follower from the oldest piece that is kept, or from now on. The caller disposes it.</summary>
    internal LogFollower Follow(bool fromStart)
    {
        lock (_lock)
        {
            LogChunk start = fromStart ? _beforeFirst : _lastChunk ?? _beforeFirst;
            LogFollower follower = new(this, start) { Taken = start, LastProgress = Time.GetTimestamp() };
            _followers.Add(follower);
            return follower;
        }
    }

    /// <summary>The end of what was printed so far.</summary>
    internal long End
    {
        get
        {
            lock (_lock) return (_lastChunk ?? _beforeFirst).End;
        }
    }

    /// <summary>The piece after this one, or what to wait for; neither at the end of the log.</summary>
    internal (LogChunk? Chunk, Task? Changed) After(LogChunk chunk)
    {
        lock (_lock) return (chunk.Next, chunk.Next is null && !_completed ? _changed.Task : null);
    }

    /// <summary>A follower has taken all up to the end of this piece.</summary>
    internal void Advance(LogFollower follower, LogChunk taken)
    {
        lock (_lock)
        {
            if (follower.Taken is null) return; // cut off meanwhile
            follower.Taken = taken;
            follower.LastProgress = Time.GetTimestamp();
            Pulse(ref _progress);
        }
    }

    internal void Remove(LogFollower follower)
    {
        lock (_lock)
        {
            _followers.Remove(follower);
            Pulse(ref _progress);
        }
    }

    async ValueTask MakeRoomAsync(int cost)
    {
        long since = Time.GetTimestamp();
        while (true)
        {
            Task progress;
            TimeSpan wait;
            lock (_lock)
            {
                wait = TryMakeRoom(cost, since);
                if (wait == TimeSpan.Zero) return;
                progress = _progress.Task;
            }

            try
            {
                await progress.WaitAsync(wait, Time);
            }
            catch (TimeoutException)
            {
                // somebody's time is over: the next look cuts it off
            }
        }
    }

    /// <summary>
    /// Drops what no follower needs, and followers whose time is over. Returns how long to wait; zero when there is room.
    /// </summary>
    TimeSpan TryMakeRoom(int cost, long since)
    {
        while (_used + cost > size && _beforeFirst.Next is { Next: not null } oldest) // the last one stays: followers wait at it
        {
            TimeSpan wait = TimeSpan.MaxValue;
            foreach (LogFollower follower in _followers.Where(f => f.Taken!.End < oldest.End).ToArray())
            {
                TimeSpan left = (_hurry ? TimeSpan.Zero : patience) - Time.GetElapsedTime(Math.Max(since, follower.LastProgress));
                if (left > TimeSpan.Zero) wait = left < wait ? left : wait;
                else CutOff(follower);
            }

            if (wait != TimeSpan.MaxValue) return wait;
            _used -= oldest.Cost;
            _beforeFirst = new LogChunk([], default, false) { Offset = oldest.End, Next = oldest.Next };
        }

        return TimeSpan.Zero;
    }

    void CutOff(LogFollower follower)
    {
        follower.Behind = (_lastChunk ?? _beforeFirst).End - follower.Taken!.End;
        follower.Taken = null; // it must not keep the dropped pieces alive
        _followers.Remove(follower);
        follower.CutOffNow();
    }

    static void Pulse(ref TaskCompletionSource signal)
    {
        signal.TrySetResult();
        signal = NewSignal();
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
