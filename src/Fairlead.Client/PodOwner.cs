namespace Fairlead.Client;

/// <summary>The types of objects that stand for pods, by the words that people write for them.</summary>
static class PodOwner
{
    static readonly Dictionary<string, string?> s_words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["po"] = null,
        ["pod"] = null,
        ["pods"] = null,
        ["deploy"] = "deployment",
        ["deployment"] = "deployment",
        ["deployments"] = "deployment",
        ["svc"] = "service",
        ["service"] = "service",
        ["services"] = "service",
        ["sts"] = "statefulset",
        ["statefulset"] = "statefulset",
        ["statefulsets"] = "statefulset",
        ["ds"] = "daemonset",
        ["daemonset"] = "daemonset",
        ["daemonsets"] = "daemonset",
        ["rs"] = "replicaset",
        ["replicaset"] = "replicaset",
        ["replicasets"] = "replicaset",
        ["job"] = "job",
        ["jobs"] = "job",
        ["rc"] = "replicationcontroller",
        ["replicationcontroller"] = "replicationcontroller",
        ["replicationcontrollers"] = "replicationcontroller",
    };

    static readonly Dictionary<string, string> s_groups = new(StringComparer.Ordinal)
    {
        ["deployment"] = "apps",
        ["statefulset"] = "apps",
        ["daemonset"] = "apps",
        ["replicaset"] = "apps",
        ["job"] = "batch",
    };

    /// <summary>Reads a type.</summary>
    /// <param name="word">The word, alone or with a group behind a dot.</param>
    /// <param name="owner">The type's name; null for a pod.</param>
    /// <returns>False where it is no type that stands for pods.</returns>
    internal static bool TryRead(string? word, out string? owner)
    {
        owner = null;
        string[] parts = word?.Split('.', 2) ?? [];
        if (parts.Length == 0 || !s_words.TryGetValue(parts[0], out owner)) return false;
        // Another group's type of that name stands for other pods, or for none.
        string group = s_groups.GetValueOrDefault(owner ?? "", ""), version = group.Length == 0 ? "v1" : $"v1.{group}";
        return parts is not [_, var said] || string.Equals(said, group, StringComparison.OrdinalIgnoreCase)
            || string.Equals(said, version, StringComparison.OrdinalIgnoreCase);
    }
}
