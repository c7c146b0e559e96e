using Fairlead.KubeConfig.Api;

namespace Fairlead.KubeConfig.Targets;

/// <summary>Which of an owner's pods a forward may lead to.</summary>
/// <param name="What">What they do, for people.</param>
/// <param name="Takes">True for such a pod.</param>
sealed record PodsToForward(string What, Func<Pod, bool> Takes)
{
    /// <summary>At first, as with kubectl: people forward to a pod that does not get ready, to see why.</summary>
    public static PodsToForward Running { get; } = new("runs", static pod => pod.Status.Phase == "Running");

    /// <summary>After a loss.</summary>
    public static PodsToForward Ready { get; } = new("is ready", static pod =>
        pod is { Status.Phase: "Running", Metadata.Deleted: null }
        && pod.Status.Conditions?.Exists(static condition => condition is { Type: "Ready", Status: "True" }) == true);
}
