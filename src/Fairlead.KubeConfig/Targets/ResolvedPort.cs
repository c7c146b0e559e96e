namespace Fairlead.KubeConfig.Targets;

/// <summary>A port that was asked for by number or name.</summary>
/// <param name="Asked">Its number where it was asked for: the service's port, or the pod's. The local port where none was named.</param>
/// <param name="Target">The pod's port that it leads to.</param>
public readonly record struct ResolvedPort(int Asked, int Target);
