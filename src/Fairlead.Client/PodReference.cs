namespace Fairlead.Client;

/// <summary>A pod, and optionally one of its containers.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Namespace">Its namespace; null for the client's own, which a kubeconfig's context names (<c>default</c> where it names
/// none).</param>
/// <param name="Container">The container; null for the pod's only one, or its default
/// (<see cref="StreamingClient.DefaultContainer"/>).</param>
public readonly record struct PodReference(string Name, string? Namespace = null, string? Container = null)
{
    /// <summary>The same with a namespace, checked.</summary>
    /// <exception cref="ArgumentException">A part of it is empty, as in <c>default(PodReference)</c>.</exception>
    internal PodReference In(string defaultNamespace)
    {
        if (string.IsNullOrEmpty(Name)) throw new ArgumentException("A pod has a name: new PodReference(\"web-0\").", "pod");
        if (Namespace is "") throw new ArgumentException($"The namespace of pod \"{Name}\" is empty: null is the client's own.", "pod");
        if (Container is "") throw new ArgumentException($"The container of pod \"{Name}\" is empty: null lets the server choose.", "pod");
        return Namespace is null ? this with { Namespace = defaultNamespace } : this;
    }
}
