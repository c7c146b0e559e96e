namespace Fairlead.Node.Installation.CriProxies;

/// <summary>Between which kubelet and which runtime a CRI proxy is put.</summary>
public sealed record CriProxyPlanOptions : InstallationOptions
{
    /// <summary>The runtime's socket; null for the one that the kubelet asked before there was a proxy.</summary>
    public string? Runtime { get; init; }
}
