using Fairlead.KubeConfig.Api;

namespace Fairlead.KubeConfig.Targets;

/// <summary>
/// The order in which kubectl picks one of several pods, the best first: scheduled, running, ready, not being deleted, ready for
/// longest, fewest restarts, oldest.
/// </summary>
sealed class PodOrder : IComparer<Pod>
{
    public static PodOrder BestFirst { get; } = new();

    /// <inheritdoc/>
    public int Compare(Pod? x, Pod? y)
    {
        if (x is null || y is null) return (x is null ? 1 : 0) - (y is null ? 1 : 0);

        int order = IsScheduled(y).CompareTo(IsScheduled(x));
        if (order == 0) order = PhaseRank(y).CompareTo(PhaseRank(x));
        if (order == 0) order = (ReadySince(y) is not null).CompareTo(ReadySince(x) is not null);
        if (order == 0) order = (x.Metadata.Deleted is not null).CompareTo(y.Metadata.Deleted is not null);
        if (order == 0) order = Nullable.Compare(ReadySince(x), ReadySince(y));
        if (order == 0) order = Restarts(x).CompareTo(Restarts(y));
        if (order == 0) order = Nullable.Compare(x.Metadata.Created, y.Metadata.Created);
        return order;
    }

    static bool IsScheduled(Pod pod) => !string.IsNullOrEmpty(pod.Spec.NodeName);

    static int PhaseRank(Pod pod) => pod.Status.Phase switch
    {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };

    static DateTimeOffset? ReadySince(Pod pod) =>
        pod.Status.Conditions?.Find(condition => condition is { Type: "Ready", Status: "True" }) is { } ready
            ? ready.LastTransition ?? DateTimeOffset.MaxValue
            : null;

    static int Restarts(Pod pod) => pod.Status.ContainerStatuses?.Select(status => status.RestartCount).DefaultIfEmpty().Max() ?? 0;
}
