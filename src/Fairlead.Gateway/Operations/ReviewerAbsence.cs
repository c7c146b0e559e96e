namespace Fairlead.Gateway.Operations;

/// <summary>
/// Since when nobody could be asked what callers may do. Apart for callers with credentials of their own and for those whom the gateway
/// speaks for: it may be the gateway's credentials that fail. Safe for concurrent use.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="validity">For how long a question that failed says anything: when nobody asks any more, nobody knows whether there would be
/// an answer.</param>
sealed class ReviewerAbsence(TimeProvider time, TimeSpan validity)
{
    readonly Lock _lock = new();
    Absence? _callers, _gateway;

    /// <summary>Notes what came of a question.</summary>
    internal void Note(bool isImpersonated, bool isAnswered)
    {
        lock (_lock)
        {
            ref Absence? absence = ref isImpersonated ? ref _gateway : ref _callers;
            long now = time.GetTimestamp();
            absence = isAnswered ? null : new Absence(IsValid(absence) ? absence!.Since : now, now);
        }
    }

    /// <returns>Zero where the last question was answered, or was asked too long ago to say anything.</returns>
    internal TimeSpan For(bool isImpersonated)
    {
        lock (_lock)
        {
            Absence? absence = isImpersonated ? _gateway : _callers;
            return IsValid(absence) ? time.GetElapsedTime(absence!.Since) : TimeSpan.Zero;
        }
    }

    bool IsValid(Absence? absence) => absence is not null && time.GetElapsedTime(absence.Last) <= validity;

    /// <summary>The first question of a row that failed, and the last.</summary>
    sealed record Absence(long Since, long Last);
}
