namespace Fairlead.KubeConfig.Targets;

/// <summary>The pod and the container that a target led to.</summary>
/// <param name="Pod">The pod, with its container always named.</param>
/// <param name="HasTerminal">The container's main process runs on a terminal.</param>
/// <param name="HasStdin">The container's main process has its standard input open.</param>
/// <param name="Notices">What the choice of the container leaves to be said, one line each, as kubectl says it and fit to show.</param>
public sealed record ResolvedTarget(PodReference Pod, bool HasTerminal, bool HasStdin, IReadOnlyList<string> Notices);
