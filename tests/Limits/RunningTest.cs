using System.Diagnostics;

namespace Fairlead.Testing.Limits;

/// <summary>A test that has begun and not ended.</summary>
sealed class RunningTest(string name, TimeSpan limit, long begun)
{
    bool _late;

    internal string Name => name;

    internal TimeSpan Limit => limit;

    /// <summary>Seconds since it began.</summary>
    internal double Age => Stopwatch.GetElapsedTime(begun).TotalSeconds;

    /// <summary>True once, when a sixth of its time is left, or less: looking into a process takes seconds.</summary>
    internal bool BecomesLate()
    {
        if (_late || Age < limit.TotalSeconds * 5 / 6) return false;
        return _late = true;
    }
}
