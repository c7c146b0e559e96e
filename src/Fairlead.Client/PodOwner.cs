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

    /// <summary>Reads a type.</summary>
    /// <param name="word">The word, alone or with a group behind a dot.</param>
    /// <param name="owner">The type's name; null for a pod.</param>
    /// <returns>False where it is no type that stands for pods.</returns>
    internal static bool TryRead(string? word, out string? owner)
    {
        owner = null;
        return word is not null && s_words.TryGetValue(word.Split('.')[0], out owner);
    }
}
