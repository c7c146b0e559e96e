using System.Diagnostics.CodeAnalysis;
using Fairlead.Client;
using Fairlead.Wire;

namespace Fairlead;

/// <summary>A pod, and optionally one of its containers; or what stands for pods, of which one is looked up.</summary>
/// <param name="Name">The pod's name, or its owner's.</param>
/// <param name="Namespace">Its namespace; null for the client's own, which a kubeconfig's context names (<c>default</c> where it names
/// none).</param>
/// <param name="Container">The container; null for the pod's default one, or else its first. Of several, a client without a
/// <see cref="StreamingClient.Finder"/> has to name one.</param>
public readonly record struct PodReference(string Name, string? Namespace = null, string? Container = null) : IParsable<PodReference>
{
    /// <summary>
    /// What <see cref="Name"/> is the name of, where it is no pod's: <c>deployment</c>, <c>service</c>, <c>statefulset</c>,
    /// <c>daemonset</c>, <c>replicaset</c>, <c>job</c> or <c>replicationcontroller</c>. Null for a pod. A client with a
    /// <see cref="StreamingClient.Finder"/> looks up one of its pods.
    /// </summary>
    public string? Owner { get; init; }

    /// <summary>
    /// Reads <c>web-0</c>, <c>shop/web-0</c> (a namespace's pod), <c>deploy/web</c> (a pod of a deployment) or <c>shop/deploy/web</c>.
    /// Types are written as for kubectl, and a type goes before a namespace of the same name: <c>job/pod/x</c> is pod <c>x</c> of the
    /// namespace <c>job</c>.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static PodReference Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out PodReference pod)
            ? pod
            : throw new FormatException($"A pod is written as web-0, shop/web-0, deploy/web or shop/deploy/web, and not as \"{text}\".");
    }

    /// <summary>The same without an exception.</summary>
    /// <param name="text">The text.</param>
    /// <param name="pod">What it says.</param>
    /// <returns>False where it is none of these.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out PodReference pod)
    {
        string[] parts = text?.Split('/') ?? [];
        pod = default;
        if (parts.Length is 0 or > 3 || Array.Exists(parts, static part => part.Length == 0 || part.Any(char.IsWhiteSpace))) return false;
        string? owner = null;
        bool hasType = parts.Length > 1 && PodOwner.TryRead(parts[^2], out owner);
        if (parts.Length == 3 && !hasType) return false;
        // a word with a dot is a type of some group, which this is not: no namespace has one
        if (parts.Length > 1 && parts[0].Contains('.', StringComparison.Ordinal) && !(hasType && parts.Length == 2)) return false;
        pod = new PodReference(parts[^1], parts.Length == 3 || (parts.Length == 2 && !hasType) ? parts[0] : null) { Owner = owner };
        return true;
    }

    static PodReference IParsable<PodReference>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<PodReference>.TryParse(string? s, IFormatProvider? provider, out PodReference result) => TryParse(s, out result);

    /// <summary>As <see cref="Parse"/> reads it, without the container.</summary>
    public override string ToString() => (Namespace, Owner) switch
    {
        (null, null) => Name,
        (null, _) => $"{Owner}/{Name}",
        (_, null) => PodOwner.TryRead(Namespace, out string? _) ? $"{Namespace}/pod/{Name}" : $"{Namespace}/{Name}",
        _ => $"{Namespace}/{Owner}/{Name}",
    };

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
                throw new ArgumentException($"\"{new PeerText(part)}\" is no name of a pod or namespace.", nameof(pod));
        }

        return pod.Namespace is null ? pod with { Namespace = defaultNamespace } : pod;
    }
}
