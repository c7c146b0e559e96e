using Fairlead.Wire;

namespace Fairlead.Server.Operations;

/// <summary>
/// What the path of a session says of it: an API server's, a kubelet's, or one that a container runtime gave out. Only words that are of
/// Kubernetes are told. In any other place of a path there may be a secret of somebody's, as a ticket is one.
/// </summary>
/// <param name="Route">The path with names in braces, as it is for every session of its kind.</param>
/// <param name="Path">The path itself; null where it holds a ticket.</param>
/// <param name="Kind"><c>exec</c>, <c>attach</c> or <c>portforward</c>.</param>
/// <param name="Namespace">The pod's namespace; null where the path has none.</param>
/// <param name="Pod">The pod; null likewise.</param>
/// <param name="Container">The container; null likewise.</param>
readonly record struct SessionPath(string Route, string? Path, string Kind, string? Namespace, string? Pod, string? Container)
{
    /// <summary>The longest name that is told: Kubernetes' own limit.</summary>
    const int LongestName = 253;

    const string Exec = "exec", Attach = "attach", Forward = "portforward", KubeletForward = "portForward";

    /// <summary>Reads it.</summary>
    /// <returns>Null for a path of anything else.</returns>
    internal static SessionPath? Of(string? path) => (path ?? "").Trim('/').Split('/') switch
    {
        [.., "api", "v1", "namespaces", var space, "pods", var pod, (Exec or Attach or Forward) and var kind] =>
            New($"/api/v1/namespaces/{{namespace}}/pods/{{pod}}/{kind}", kind, space, pod),
        [(Exec or Attach) and var kind, var space, var pod, var container] =>
            New($"/{kind}/{{namespace}}/{{pod}}/{{container}}", kind, space, pod, container),
        [(Exec or Attach) and var kind, var space, var pod, var uid, var container] =>
            New($"/{kind}/{{namespace}}/{{pod}}/{{uid}}/{{container}}", kind, space, pod, container, uid),
        [KubeletForward, var space, var pod] => New($"/{KubeletForward}/{{namespace}}/{{pod}}", Forward, space, pod),
        [KubeletForward, var space, var pod, var uid] =>
            New($"/{KubeletForward}/{{namespace}}/{{pod}}/{{uid}}", Forward, space, pod, null, uid),
        [(Exec or Attach or Forward) and var kind, _] => new($"/{kind}/{{ticket}}", null, kind, null, null, null),
        _ => null,
    };

    static SessionPath New(string route, string kind, string space, string pod, string? container = null, string uid = "")
    {
        (space, pod, container) = (Name(space), Name(pod), container is null ? null : Name(container));
        string path = route.Replace("{namespace}", space, StringComparison.Ordinal).Replace("{pod}", pod, StringComparison.Ordinal)
            .Replace("{uid}", Name(uid), StringComparison.Ordinal).Replace("{container}", container, StringComparison.Ordinal);
        return new SessionPath(route, path, kind, space, pod, container);
    }

    static string Name(string text) => VisibleText.Line(text, LongestName);
}
