namespace Fairlead.Cli.Logging;

/// <summary>
/// Lines on their way to a stream that may block for ever, as a standard error does that nobody reads. A thread of its own writes them;
/// whoever adds one never waits. When too much is on its way lines are dropped and counted, and the count is told where they would have
/// stood. The newest ones are kept apart meanwhile, since how something ended says more than what went before.
/// </summary>
/// <remarks>.NET's console logger can do the same, but by System.Console, which stays out of the way of raw terminals, and to no
/// file.</remarks>
/// <param name="target">Where to; never closed, since a write may be blocked in it.</param>
/// <param name="tellDropped">Makes the line that tells how many were dropped, and how many of those were an audit's.</param>
sealed class LogQueue(Stream target, Func<long, long, byte[]> tellDropped) : IDisposable
{
    /// <summary>What of a log may be on its way.</summary>
    internal const int MostBytes = 1024 * 1024;

    /// <summary>An audit is kept for longer.</summary>
    const int MostAuditBytes = 32 * MostBytes;

    /// <summary>What is kept of the newest lines for which there is no room.</summary>
    const int MostTailBytes = 64 * 1024;

    /// <summary>At the end: how long nothing at all may be written, and how long all of it may take.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    const int MostWaits = 5;

    readonly object _gate = new(); // a Monitor, since a Lock cannot be waited on
    readonly Queue<byte[]> _tail = [];
    List<(byte[] Line, bool IsAudit)> _waiting = [], _writing = [];
    Thread? _thread;
    long _bytes, _tailBytes, _dropped, _failed, _written, _auditWaiting, _auditLost, _auditTold;
    bool _isFull, _hasEnded;

    /// <summary>
    /// How many lines of an audit were lost: there was no room for them, the target did not take them, or the end came before. An audit
    /// with a hole must not look whole.
    /// </summary>
    public long AuditLost
    {
        get
        {
            lock (_gate) return _auditLost + (_hasEnded ? _auditWaiting : 0);
        }
    }

    /// <summary>Adds a line of the log, or drops it.</summary>
    public void Add(byte[] line) => Add(line, isAudit: false);

    /// <summary>Adds a line of an audit: dropped only when very much is on its way.</summary>
    public void AddAudit(byte[] line) => Add(line, isAudit: true);

    void Add(byte[] line, bool isAudit)
    {
        lock (_gate)
        {
            if (_hasEnded || (isAudit && _bytes > MostAuditBytes))
            {
                _dropped++;
                if (isAudit) _auditLost++;
                return;
            }

            if (!isAudit && _isFull)
            {
                KeepForLater(line);
                return;
            }

            _dropped += _failed;
            _failed = 0;
            TellDropped();
            if (!isAudit) TakeTail();
            Take(line, isAudit);
            _isFull |= _bytes > MostBytes;
            Monitor.PulseAll(_gate);
            if (_thread is not null) return;
            _thread = new Thread(Run) { IsBackground = true, Name = "log" };
            _thread.Start();
        }
    }

    void Take(byte[] line, bool isAudit)
    {
        _waiting.Add((line, isAudit));
        _bytes += line.Length;
        if (isAudit) _auditWaiting++;
    }

    /// <summary>Under the lock.</summary>
    void KeepForLater(byte[] line)
    {
        _tail.Enqueue(line);
        _tailBytes += line.Length;
        while (_tailBytes > MostTailBytes)
        {
            _tailBytes -= _tail.Dequeue().Length;
            _dropped++;
        }
    }

    /// <summary>Under the lock; what was dropped before it was told.</summary>
    void TakeTail()
    {
        while (_tail.TryDequeue(out byte[]? line)) Take(line, isAudit: false);
        _tailBytes = 0;
    }

    /// <summary>Under the lock.</summary>
    void TellDropped()
    {
        if (_dropped == 0) return;
        Take(tellDropped(_dropped, _auditLost - _auditTold), isAudit: false);
        (_dropped, _auditTold) = (0, _auditLost);
    }

    void Run()
    {
        while (WaitForLines())
        {
            foreach ((byte[] line, bool isAudit) in _writing) Write(line, isAudit);
            _writing.Clear();
        }
    }

    bool WaitForLines()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && _tail.Count == 0 && _dropped == 0 && !_hasEnded) Monitor.Wait(_gate);
            if (_waiting.Count == 0)
            {
                TellDropped();
                TakeTail();
            }

            (_waiting, _writing) = (_writing, _waiting);
            return _writing.Count > 0;
        }
    }

    void Write(byte[] line, bool isAudit)
    {
        bool isGone = false;
        try
        {
            target.Write(line);
        }
        catch (IOException)
        {
            isGone = true; // a full disk, a reader that went away: what takes no log must not end what is logged
        }

        lock (_gate)
        {
            _written++;
            _bytes -= line.Length;
            if (isGone) _failed++; // told with the next line, if that goes
            if (isAudit) _auditWaiting--;
            if (isAudit && isGone) _auditLost++;
            if (_bytes == 0) Monitor.PulseAll(_gate);
            if (_bytes <= MostBytes / 2) _isFull = false; // not for each line that makes room: the count would be half of what is told
        }
    }

    /// <summary>Waits until nothing is on its way, or this time is over.</summary>
    public void WaitUntilWritten(TimeSpan patience)
    {
        long until = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        lock (_gate)
        {
            while (_bytes + _tailBytes > 0 && until - Environment.TickCount64 is > 0 and var left) Monitor.Wait(_gate, (int)left);
        }
    }

    /// <summary>Writes what is on its way, as long as it goes.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_hasEnded) return;
            _hasEnded = true;
            Monitor.PulseAll(_gate);
        }

        long before = -1;
        for (int i = 0; i < MostWaits && _thread?.Join(s_patience) == false; i++)
        {
            long now = Interlocked.Read(ref _written);
            if (now == before) return;
            before = now;
        }
    }
}
