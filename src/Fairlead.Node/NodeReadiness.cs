using Fairlead.Server.Operations;

namespace Fairlead.Node;

/// <summary>Whether a node can do what it is for: take connections, reach its runtime, and have its callers judged.</summary>
/// <param name="runtime">Is asked each time.</param>
/// <param name="reviewer">What is known of it: it is not asked, since nobody is there to be asked about.</param>
sealed class NodeReadiness(NodeRuntime runtime, ReviewerAbsence reviewer)
{
    volatile bool _drains;

    /// <summary>It takes no new connection from now on.</summary>
    internal void Drain() => _drains = true;

    /// <returns>Why it cannot, a line each, for people on the machine; none where it can.</returns>
    internal async Task<IReadOnlyList<string>> WhyNotAsync(CancellationToken cancellationToken)
    {
        List<string> reasons = [];
        if (_drains) reasons.Add("draining");
        if (await runtime.WhyAwayAsync(cancellationToken) is { } away) reasons.Add(away);
        if (reviewer.IsKnown) reasons.Add($"the cluster could not be asked about callers for {reviewer.Length.TotalSeconds:0} s");
        return reasons;
    }
}
