namespace Fairlead.Client;

/// <summary>A pod, and optionally one of its containers.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Container">The container; null for the pod's only one (the server refuses where there are several:
/// <see cref="Upgrades.UpgradeException.NeedsContainer"/>).</param>
public readonly record struct PodReference(string Name, string Namespace = "default", string? Container = null);
