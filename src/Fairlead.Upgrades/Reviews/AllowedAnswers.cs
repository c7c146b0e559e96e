namespace Fairlead.Upgrades.Reviews;

/// <summary>Access reviews that were answered with yes, each kept for a moment. A no is never kept. Safe for concurrent use.</summary>
/// <param name="time">The clock.</param>
public sealed class AllowedAnswers(TimeProvider time)
{
    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    /// <summary>How many are kept at most; what is too much is asked again.</summary>
    public const int Most = 4096;

    readonly Lock _lock = new();
    readonly Dictionary<string, long> _allowed = [];

    /// <summary>How many answers are kept now.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _allowed.Count;
        }
    }

    /// <summary>True where a yes to this question is fresh.</summary>
    /// <param name="question">Everything that the answer depends on: who, by which proof, and what.</param>
    public bool Contains(string question)
    {
        lock (_lock)
        {
            if (!_allowed.TryGetValue(question, out long since)) return false;
            if (time.GetElapsedTime(since) < Lifetime) return true;
            _allowed.Remove(question);
            return false;
        }
    }

    /// <summary>Keeps a yes.</summary>
    /// <param name="question">As in <see cref="Contains"/>.</param>
    public void Add(string question)
    {
        lock (_lock)
        {
            if (_allowed.Count >= Most)
            {
                foreach (string old in _allowed.Where(entry => time.GetElapsedTime(entry.Value) >= Lifetime)
                    .Select(static entry => entry.Key).ToArray()) _allowed.Remove(old);
                if (_allowed.Count >= Most) return; // full of fresh ones
            }

            _allowed[question] = time.GetTimestamp();
        }
    }
}
