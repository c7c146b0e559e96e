namespace Fairlead.KubeConfig.Targets;

/// <summary>The pod and the ports that a target led to.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Ports">Its ports, in the order in which they were asked for.</param>
public sealed record ResolvedForward(PodReference Pod, IReadOnlyList<ResolvedPort> Ports);
