using System.Runtime.CompilerServices;

namespace Fairlead.Wire;

/// <summary>What a time that was given as a limit may be, and what it means: the one place for every option that holds one.</summary>
/// <remarks>
/// What .NET writes for "no limit", <see cref="Timeout.InfiniteTimeSpan"/>, is a time below zero: compared as it is, it would be over at
/// once. And a timer takes no more than 49 days.
/// </remarks>
public static class TimeLimit
{
    /// <summary>What "no limit" becomes: 24 days, which timers and the WebSocket library take (2^31 milliseconds).</summary>
    public static TimeSpan ForEver { get; } = TimeSpan.FromDays(24);

    /// <summary>A limit that timers take.</summary>
    /// <param name="time">What was given.</param>
    /// <param name="orZero">Zero has a meaning too.</param>
    /// <param name="name">The option.</param>
    /// <returns>The same; <see cref="ForEver"/> for more than that, and for <see cref="Timeout.InfiniteTimeSpan"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is below zero, or zero where that has no meaning.</exception>
    public static TimeSpan OrForEver(TimeSpan time, bool orZero = false, [CallerMemberName] string name = "")
    {
        if (time == Timeout.InfiniteTimeSpan) return ForEver;
        Check(time, orZero, name);
        return time > ForEver ? ForEver : time;
    }

    /// <summary>A limit that is looked at now and then, without a timer: as long as was given.</summary>
    /// <param name="time">What was given.</param>
    /// <param name="name">The option.</param>
    /// <returns>The same; null for <see cref="Timeout.InfiniteTimeSpan"/> too.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is not above zero.</exception>
    public static TimeSpan? OrNone(TimeSpan? time, [CallerMemberName] string name = "")
    {
        if (time is not { } limit || limit == Timeout.InfiniteTimeSpan) return null;
        Check(limit, orZero: false, name);
        return limit;
    }

    static void Check(TimeSpan time, bool orZero, string name)
    {
        if (time < TimeSpan.Zero || (time == TimeSpan.Zero && !orZero))
            throw new ArgumentOutOfRangeException(
                name, time,
                $"{name} is {(orZero ? "no time below zero" : "a time above zero")}, or Timeout.InfiniteTimeSpan for no limit.");
    }
}
