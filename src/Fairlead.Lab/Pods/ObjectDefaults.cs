using System.Text.Json.Nodes;

namespace Fairlead.Lab.Pods;

/// <summary>What an API server adds to an object that is created.</summary>
static class ObjectDefaults
{
    internal static JsonObject Fill(JsonObject item, string apiVersion, DateTimeOffset created)
    {
        JsonObject metadata = (JsonObject)item["metadata"]!;
        item.Remove("status");
        item["apiVersion"] ??= apiVersion;
        metadata["uid"] ??= Guid.NewGuid().ToString();
        metadata["creationTimestamp"] ??= PodStatus.Format(created);
        return item;
    }
}
