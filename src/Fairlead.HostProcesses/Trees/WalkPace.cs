using System.Diagnostics;

namespace Fairlead.HostProcesses.Trees;

/// <summary>Keeps a walk to half of a core at most: after each stretch of work it rests as long as that took.</summary>
public sealed class WalkPace
{
    static readonly TimeSpan s_stretch = TimeSpan.FromMilliseconds(1), s_longestRest = TimeSpan.FromMilliseconds(5);

    long _since = Stopwatch.GetTimestamp();

    /// <summary>Called after each small piece of work.</summary>
    public void Keep()
    {
        TimeSpan worked = Stopwatch.GetElapsedTime(_since);
        if (worked < s_stretch) return;
#pragma warning disable RS0030 // the walk has a thread of its own; where others had the core meanwhile, more rest would serve nobody
        Thread.Sleep(worked < s_longestRest ? worked : s_longestRest);
#pragma warning restore RS0030
        _since = Stopwatch.GetTimestamp();
    }
}
