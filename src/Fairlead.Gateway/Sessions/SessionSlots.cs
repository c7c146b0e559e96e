namespace Fairlead.Gateway.Sessions;

/// <summary>How many sessions there may be, in total and of one caller.</summary>
sealed class SessionSlots(int most, int mostPerCaller)
{
    readonly Lock _lock = new();
    readonly Dictionary<string, int> _byCaller = [];
    TaskCompletionSource? _empty;
    int _taken;

    /// <summary>Sessions that run now.</summary>
    internal int Taken
    {
        get
        {
            lock (_lock) return _taken;
        }
    }

    /// <summary>Waits until none is taken.</summary>
    internal Task WaitForNoneAsync()
    {
        lock (_lock)
        {
            if (_taken == 0) return Task.CompletedTask;
            return (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <returns>The slot, to be disposed at the session's end; null where there is none left.</returns>
    internal IDisposable? TryTake(string caller)
    {
        lock (_lock)
        {
            int own = _byCaller.GetValueOrDefault(caller);
            if (_taken >= most || own >= mostPerCaller) return null;
            _byCaller[caller] = own + 1;
            _taken++;
        }

        return new Slot(this, caller);
    }

    void Release(string caller)
    {
        lock (_lock)
        {
            if (--_byCaller[caller] == 0) _byCaller.Remove(caller);
            if (--_taken == 0) _empty?.TrySetResult();
        }
    }

    sealed class Slot(SessionSlots slots, string caller) : IDisposable
    {
        int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0) slots.Release(caller);
        }
    }
}
