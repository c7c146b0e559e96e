using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>What is read out of API objects, tolerant of what an object lacks.</summary>
static class ApiObject
{
    extension(JsonObject item)
    {
        public string Name => item.Text("metadata", "name") ?? "";

        public string Namespace => item.Text("metadata", "namespace") ?? "";

        public string ResourceVersion => item.Text("metadata", "resourceVersion") ?? "";

        public JsonObject? Labels => item.Member("metadata", "labels") as JsonObject;

        /// <summary>Namespace and name: one object of a resource.</summary>
        public (string Namespace, string Name) Key => (item.Namespace, item.Name);

        /// <summary>The text at a path; null where there is none.</summary>
        public string? Text(params ReadOnlySpan<string> path) => item.Member(path) is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : null;

        /// <summary>The whole number at a path; 0 where there is none.</summary>
        public long Number(params ReadOnlySpan<string> path)
        {
            if (item.Member(path) is not JsonValue value) return 0;
            return value.TryGetValue(out long number) ? number : value.TryGetValue(out int small) ? small : 0;
        }

        public DateTimeOffset? Time(params ReadOnlySpan<string> path) =>
            DateTimeOffset.TryParse(item.Text(path), System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset time)
                ? time
                : null;

        /// <summary>The objects in the list at a path; none where there is no list.</summary>
        public IEnumerable<JsonObject> Objects(params ReadOnlySpan<string> path) =>
            item.Member(path) is JsonArray list ? list.OfType<JsonObject>() : [];

        public JsonNode? Member(params ReadOnlySpan<string> path)
        {
            JsonNode? node = item;
            foreach (string name in path) node = node is JsonObject parent ? parent[name] : null;
            return node;
        }

        /// <summary>Writes the object with its kind and version first, also where the catalog left them out.</summary>
        public void WriteTo(Utf8JsonWriter writer, ApiResource resource)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", resource.Kind);
            writer.WriteString("apiVersion", resource.ApiVersion);
            foreach ((string name, JsonNode? value) in item)
            {
                if (name is "kind" or "apiVersion") continue;
                writer.WritePropertyName(name);
                if (value is null) writer.WriteNullValue();
                else value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }
    }
}
