using System.Text.Json.Nodes;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>
/// The namespaces there are: those that pods use, and <c>default</c>. They are nobody's objects, so they are made up here.
/// </summary>
static class Namespaces
{
    const string Default = "default";

    public static IReadOnlyList<JsonObject> Of(IReadOnlyList<JsonObject> pods)
    {
        SortedSet<string> names = new(StringComparer.Ordinal) { Default };
        foreach (JsonObject pod in pods) names.Add(pod.Namespace);
        names.Remove("");
        return [.. names.Select(name => NamespaceOf(name, OldestIn(name, pods)))];
    }

    static JsonObject NamespaceOf(string name, string? created) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["resourceVersion"] = "1",
            ["creationTimestamp"] = created,
            ["labels"] = new JsonObject { ["kubernetes.io/metadata.name"] = name },
        },
        ["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") },
        ["status"] = new JsonObject { ["phase"] = "Active" },
    };

    static string? OldestIn(string name, IReadOnlyList<JsonObject> pods) =>
        pods.Where(pod => pod.Namespace == name)
            .MinBy(pod => pod.Time("metadata", "creationTimestamp"))?.Text("metadata", "creationTimestamp");
}
