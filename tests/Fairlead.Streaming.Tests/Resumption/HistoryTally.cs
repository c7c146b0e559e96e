namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>What came about in all histories together.</summary>
sealed class HistoryTally
{
    int _resumed, _succeeded, _lost, _answersLost, _restarted, _expired, _hostile, _takenOver;

    internal int Resumed => _resumed;

    internal int Succeeded => _succeeded;

    internal int AnswersLost => _answersLost;

    internal int Restarted => _restarted;

    internal int Expired => _expired;

    internal int HostileRefused => _hostile;

    internal void OnResumed() => Interlocked.Increment(ref _resumed);

    internal void OnSucceeded() => Interlocked.Increment(ref _succeeded);

    internal void OnLost() => Interlocked.Increment(ref _lost);

    internal void OnAnswerLost() => Interlocked.Increment(ref _answersLost);

    internal void OnRestarted() => Interlocked.Increment(ref _restarted);

    internal void OnExpired() => Interlocked.Increment(ref _expired);

    internal void OnHostileRefused() => Interlocked.Increment(ref _hostile);

    internal void OnTakenOver() => Interlocked.Increment(ref _takenOver);

    public override string ToString() =>
        $"{_succeeded} succeeded, {_lost} lost and told so, {_resumed} resumptions, {_answersLost} answers lost, {_takenOver} taken over, "
        + $"{_restarted} servers restarted, {_expired} expired, {_hostile} hostile openings refused";
}
