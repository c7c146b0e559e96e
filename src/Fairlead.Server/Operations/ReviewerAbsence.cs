namespace Fairlead.Server.Operations;

/// <summary>Since when nobody could be asked what callers may do. Safe for concurrent use.</summary>
/// <param name="time">The clock.</param>
/// <param name="validity">For how long a question that failed says anything: when nobody asks any more, nobody knows whether there would be
/// an answer.</param>
public sealed class ReviewerAbsence(TimeProvider time, TimeSpan validity)
{
    readonly Lock _lock = new();
    Absence? _absence;

    /// <summary>The last question had no answer, and was asked not too long ago to say anything.</summary>
    public bool IsKnown
    {
        get
        {
            lock (_lock) return IsValid(_absence);
        }
    }

    /// <summary>Zero where the last question was answered, or was asked too long ago to say anything.</summary>
    public TimeSpan Length
    {
        get
        {
            lock (_lock) return IsValid(_absence) ? time.GetElapsedTime(_absence!.Since) : TimeSpan.Zero;
        }
    }

    /// <summary>Notes what came of a question.</summary>
    public void Note(bool isAnswered)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            _absence = isAnswered ? null : new Absence(IsValid(_absence) ? _absence!.Since : now, now);
        }
    }

    bool IsValid(Absence? absence) => absence is not null && time.GetElapsedTime(absence.Last) <= validity;

    /// <summary>The first question of a row that failed, and the last.</summary>
    sealed record Absence(long Since, long Last);
}
