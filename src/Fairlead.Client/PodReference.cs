using Fairlead.Wire;

namespace Fairlead.Client;

/// <summary>A pod, and optionally one of its containers.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Namespace">Its namespace; null for the client's own, which a kubeconfig's context names (<c>default</c> where it names
/// none).</param>
/// <param name="Container">The container; null for the pod's only one, or its default
/// (<see cref="StreamingClient.DefaultContainer"/>).</param>
public readonly record struct PodReference(string Name, string? Namespace = null, string? Container = null)
{
    /// <summary>The pod with a namespace, checked.</summary>
    /// <exception cref="ArgumentException">A part of it is empty, as in <c>default(PodReference)</c>.</exception>
    internal static PodReference Place(PodReference pod, string defaultNamespace)
    {
        if (string.IsNullOrEmpty(pod.Name)) throw new ArgumentException("A pod has a name: new PodReference(\"web-0\").", nameof(pod));
        if (pod.Namespace is "")
            throw new ArgumentException($"The namespace of pod \"{pod.Name}\" is empty: null is the client's own.", nameof(pod));
        if (pod.Container is "")
            throw new ArgumentException($"The container of pod \"{pod.Name}\" is empty: null lets the server choose.", nameof(pod));
        foreach (string? part in (ReadOnlySpan<string?>)[pod.Name, pod.Namespace])
        {
            if (part is "." or ".." || part?.AsSpan().IndexOfAny('/', '%') >= 0)
                throw new ArgumentException($"\"{new PeerText(part)}\" is no name of a pod or namespace.", nameof(pod)); // client-go refuses these too
        }

        return pod.Namespace is null ? pod with { Namespace = defaultNamespace } : pod;
    }
}
