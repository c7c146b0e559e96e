namespace Fairlead.KubeConfig.Files;

/// <summary>A context entry: which cluster, as whom, in which namespace.</summary>
sealed record ContextSettings(string Cluster, string User, string? Namespace);
