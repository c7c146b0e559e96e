using Fairlead.KubeConfig.Api;
using Fairlead.Wire;

namespace Fairlead.KubeConfig.Targets;

/// <summary>Picks a pod's container as kubectl does: the one that was named, else the annotated one, else the first.</summary>
static class ContainerChoice
{
    const string DefaultAnnotation = "kubectl.kubernetes.io/default-container";

    /// <exception cref="TargetException">There is no such container, or none at all.</exception>
    public static ResolvedTarget Choose(Pod pod, string @namespace, string? name)
    {
        List<Container> regular = pod.Spec.Containers ?? [], ephemeral = pod.Spec.EphemeralContainers ?? [],
            init = pod.Spec.InitContainers ?? [];
        List<string> notices = []; // fit to show: they are printed as they are
        if (!string.IsNullOrEmpty(name))
        {
            return Found(regular.Concat(ephemeral).Concat(init).FirstOrDefault(container => container.Name == name)
                ?? throw new TargetException($"container {name} not found in pod {pod.Metadata.Name}"));
        }

        if (pod.Metadata.Annotations?.GetValueOrDefault(DefaultAnnotation) is { Length: > 0 } annotated)
        {
            if (regular.Find(container => container.Name == annotated) is { } container) return Found(container);
            notices.Add($"Default container name \"{new PeerText(annotated)}\" not found in pod {new PeerText(pod.Metadata.Name)}");
        }

        if (regular.Count == 0) throw new TargetException($"pod {pod.Metadata.Name} has no containers");
        IEnumerable<string> all =
        [
            .. regular.Select(container => container.Name),
            .. ephemeral.Select(container => container.Name + " (ephem)"),
            .. init.Select(container => container.Name + " (init)"),
        ];
        if (all.Skip(1).Any()) notices.Add(VisibleText.Line($"Defaulted container \"{regular[0].Name}\" out of: {string.Join(", ", all)}"));
        return Found(regular[0]);

        ResolvedTarget Found(Container container) =>
            new(new PodReference(pod.Metadata.Name, @namespace, container.Name), container.Tty, container.Stdin, notices);
    }
}
