using Fairlead.Cli.CommandLine;

namespace Fairlead.Cli.Sessions;

/// <summary>
/// Knows whether the connection is lost, and tells a person so where that lasts: in a line on the remote program's screen, which is there
/// until the session goes on, or in a line as every other.
/// </summary>
/// <param name="error">Where lines go; null where nobody is to be told.</param>
/// <param name="clock">The clock; the system's for null.</param>
sealed class ResumeNotice(MessageWriter? error, TimeProvider? clock = null)
{
    /// <summary>A loss that is over by then is nobody's affair. The countdown goes on at the same pace.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    readonly TimeProvider _time = clock ?? TimeProvider.System;
    readonly Lock _lock = new();
    ITimer? _timer;
    TimeSpan _left;
    long _leftAt;
    volatile bool _isLost, _isTold, _isShown;
    int _drawing;

    /// <summary>Nobody is to be told.</summary>
    public bool IsQuiet => error is null;

    /// <summary>The remote program's screen; null where there is none.</summary>
    public ScreenNotice? Screen { get; set; }

    /// <summary>Has the remote program draw its screen anew, a part of which was covered.</summary>
    public Action? Redraw { get; set; }

    /// <summary>There has been no connection for so long that whoever waits for one knows.</summary>
    public bool IsLost => _isLost && _isTold;

    /// <summary>Takes an event of the session's. Does not wait for the terminal.</summary>
    public void Tell(ResumeEvent happened)
    {
        lock (_lock)
        {
            bool wasLost = _isLost;
            _isLost = happened.Kind is ResumeEventKind.Lost;
            (_left, _leftAt) = (happened.Left, _time.GetTimestamp());
            if (_isLost == wasLost) return;
            _timer ??= _time.CreateTimer(
                static self => ((ResumeNotice)self!).Draw(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (_isLost) _timer.Change(s_patience, s_patience);
            else _timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Shows what is to be shown now; on the timer's thread, of which one at a time draws.</summary>
    void Draw()
    {
        if (Interlocked.Exchange(ref _drawing, 1) != 0) return; // it waits for the terminal, and looks again then
        if (_isLost)
        {
            TimeSpan left = _left - _time.GetElapsedTime(_leftAt);
            string line = $"fairlead: connection lost, trying again ({Math.Max(0, left.TotalSeconds):0} s), Ctrl-C to give up";
            if (Screen is not null) _isShown |= Screen.TryShow(line);
            else if (!_isTold) error?.WriteLine(line);
            _isTold = true;
        }

        Volatile.Write(ref _drawing, 0);
        if (!_isLost) Clear(); // meanwhile, too
    }

    void Clear()
    {
        if (!_isTold) return;
        _isTold = false;
        if (Screen is null) error?.WriteLine("fairlead: connected again");
        else if (_isShown)
        {
            Screen.TakeAway();
            _isShown = false;
            Redraw?.Invoke();
        }
    }

    /// <summary>The session is over: takes a line of ours away. May wait for the terminal.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isLost = false;
            _timer?.Dispose();
        }

        Screen?.TakeAway();
    }
}
