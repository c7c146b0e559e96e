using Fairlead.Server.Operations;

namespace Fairlead.Node;

/// <summary>What a node counts: its sessions, and for how long the cluster could not be asked about their callers.</summary>
sealed class NodeMetrics : IDisposable
{
    /// <summary>Where it is read.</summary>
    internal const string Path = "/fairlead/metrics";

    internal NodeMetrics(TimeProvider clock)
    {
        Sessions = new SessionMetrics("Fairlead.Node", clock);
        Reviewer = new ReviewerAbsence(clock, TimeSpan.FromMinutes(1));
        Sessions.WatchReviewers(("node", Reviewer));
        Text = new PrometheusText(Sessions.Meter);
    }

    internal SessionMetrics Sessions { get; }

    internal ReviewerAbsence Reviewer { get; }

    internal PrometheusText Text { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Text.Dispose();
        Sessions.Dispose();
    }
}
