using System.Diagnostics.CodeAnalysis;

namespace Fairlead.Node.Reviews;

/// <summary>Answers that are kept for a while. When there are too many the oldest goes first. Safe for concurrent use.</summary>
/// <typeparam name="T">An answer.</typeparam>
/// <param name="lifetime">How long one is kept; zero keeps none.</param>
/// <param name="most">How many are kept.</param>
/// <param name="time">The clock.</param>
sealed class KeptAnswers<T>(TimeSpan lifetime, int most, TimeProvider time)
{
    readonly Lock _lock = new();
    readonly Dictionary<string, LinkedListNode<Kept>> _kept = new(StringComparer.Ordinal);
    readonly LinkedList<Kept> _byAge = new();

    internal int Count
    {
        get
        {
            lock (_lock) return _kept.Count;
        }
    }

    /// <summary>Finds a fresh answer.</summary>
    /// <param name="question">Everything that the answer depends on.</param>
    /// <param name="answer">The answer.</param>
    internal bool TryGet(string question, [MaybeNullWhen(false)] out T answer)
    {
        lock (_lock)
        {
            if (_kept.TryGetValue(question, out LinkedListNode<Kept>? node) && time.GetElapsedTime(node.Value.Since) < lifetime)
            {
                answer = node.Value.Answer;
                return true;
            }
        }

        answer = default;
        return false;
    }

    /// <summary>Keeps an answer.</summary>
    /// <param name="question">As in <see cref="TryGet"/>.</param>
    /// <param name="answer">The answer.</param>
    internal void Add(string question, T answer)
    {
        if (lifetime <= TimeSpan.Zero) return;
        lock (_lock)
        {
            if (_kept.Remove(question, out LinkedListNode<Kept>? former)) _byAge.Remove(former);
            while (_byAge.First is { } oldest && (_kept.Count >= most || time.GetElapsedTime(oldest.Value.Since) >= lifetime))
            {
                _byAge.RemoveFirst();
                _kept.Remove(oldest.Value.Question);
            }

            _kept[question] = _byAge.AddLast(new Kept(question, answer, time.GetTimestamp()));
        }
    }

    sealed record Kept(string Question, T Answer, long Since);
}
