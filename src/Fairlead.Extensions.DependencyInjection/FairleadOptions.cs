namespace Fairlead;

/// <summary>Which server a client of an application is for. Null means what kubectl would do.</summary>
public sealed class FairleadOptions
{
    /// <summary>The kubeconfig's path; null for <c>KUBECONFIG</c>, <c>~/.kube/config</c> or, in a pod, its service account.</summary>
    public string? Kubeconfig { get; set; }

    /// <summary>The context; null for the kubeconfig's current one.</summary>
    public string? Context { get; set; }

    /// <summary>The namespace for pods that name none; null for the context's.</summary>
    public string? Namespace { get; set; }

    /// <summary>How long one request to the server may take, upgrades apart.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromMinutes(1);
}
