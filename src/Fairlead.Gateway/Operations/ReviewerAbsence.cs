namespace Fairlead.Gateway.Operations;

/// <summary>
/// Since when nobody could be asked what callers may do. Apart for callers with credentials of their own and for those whom the gateway speaks
/// for: it may be the gateway's credentials that fail. Safe for concurrent use.
/// </summary>
sealed class ReviewerAbsence(TimeProvider time)
{
    const long Present = long.MinValue;

    long _callers = Present, _gateway = Present;

    /// <summary>Notes what came of a question.</summary>
    internal void Note(bool isImpersonated, bool isAnswered)
    {
        ref long since = ref isImpersonated ? ref _gateway : ref _callers;
        if (isAnswered) Interlocked.Exchange(ref since, Present);
        else Interlocked.CompareExchange(ref since, time.GetTimestamp(), Present);
    }

    /// <returns>Zero where the last question was answered.</returns>
    internal TimeSpan For(bool isImpersonated)
    {
        long since = Interlocked.Read(ref isImpersonated ? ref _gateway : ref _callers);
        return since == Present ? TimeSpan.Zero : time.GetElapsedTime(since);
    }
}
