using System.Text.Json.Nodes;

namespace Fairlead.Processes;

/// <summary>What an API server adds to an object that is created.</summary>
static class ObjectDefaults
{
    internal static JsonObject Fill(JsonObject item, string name, string inNamespace, string kind, string apiVersion, DateTimeOffset created)
    {
        JsonObject metadata = (JsonObject)item["metadata"]!;
        item.Remove("status");
        item["apiVersion"] ??= apiVersion;
        item["kind"] ??= kind;
        metadata["name"] = name;
        metadata["namespace"] = inNamespace;
        metadata["uid"] ??= Guid.NewGuid().ToString();
        metadata["creationTimestamp"] ??= PodStatus.Format(created);
        return item;
    }
}
