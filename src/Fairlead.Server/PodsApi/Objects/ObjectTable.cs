using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>One column of a table.</summary>
/// <param name="Name">The heading.</param>
/// <param name="Priority">0 for a column that always shows; 1 for one that shows in wide output.</param>
/// <param name="Cell">An object's text in it.</param>
sealed record TableColumn(string Name, int Priority, Func<JsonObject, DateTimeOffset, string> Cell);

/// <summary>Objects as a <c>meta.k8s.io</c> Table: cells that a client prints as they are.</summary>
sealed class ObjectTable(ApiResource resource, AcceptedForm form, string? includeObject, TimeProvider clock)
{
    static readonly TableColumn s_name = new("Name", 0, (item, _) => item.Name);
    static readonly TableColumn s_age = new("Age", 0, (item, now) => Age.Of(item.Time("metadata", "creationTimestamp"), now));
    static readonly TableColumn[] s_any = [s_name, s_age];
    static readonly TableColumn[] s_namespaces = [s_name, new("Status", 0, (item, _) => item.Text("status", "phase") ?? ""), s_age];
    static readonly TableColumn[] s_pods = [s_name, .. PodColumns.BeforeAge, s_age, .. PodColumns.AfterAge];

    TableColumn[] Columns { get; } = resource == ApiResources.Pods ? s_pods : resource == ApiResources.Namespaces ? s_namespaces : s_any;

    public void Write(Utf8JsonWriter writer, IEnumerable<JsonObject> items, string resourceVersion, bool withColumns)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "Table");
        writer.WriteString("apiVersion", "meta.k8s.io/" + form.TableVersion);
        writer.WriteStartObject("metadata");
        writer.WriteString("resourceVersion", resourceVersion);
        writer.WriteEndObject();
        writer.WriteStartArray("columnDefinitions");
        foreach (TableColumn column in withColumns ? Columns : []) WriteColumn(writer, column);
        writer.WriteEndArray();
        writer.WriteStartArray("rows");
        DateTimeOffset now = clock.GetUtcNow();
        foreach (JsonObject item in items) WriteRow(writer, item, now);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    static void WriteColumn(Utf8JsonWriter writer, TableColumn column)
    {
        writer.WriteStartObject();
        writer.WriteString("name", column.Name);
        writer.WriteString("type", "string");
        writer.WriteString("format", column.Name == "Name" ? "name" : "");
        writer.WriteString("description", "");
        writer.WriteNumber("priority", column.Priority);
        writer.WriteEndObject();
    }

    void WriteRow(Utf8JsonWriter writer, JsonObject item, DateTimeOffset now)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("cells");
        foreach (TableColumn column in Columns) writer.WriteStringValue(column.Cell(item, now));
        writer.WriteEndArray();
        if (includeObject != "None")
        {
            writer.WritePropertyName("object");
            if (includeObject == "Object") item.WriteTo(writer, resource);
            else WriteMetadata(writer, item);
        }

        writer.WriteEndObject();
    }

    void WriteMetadata(Utf8JsonWriter writer, JsonObject item)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "PartialObjectMetadata");
        writer.WriteString("apiVersion", "meta.k8s.io/" + form.TableVersion);
        writer.WritePropertyName("metadata");
        if (item["metadata"] is { } metadata) metadata.WriteTo(writer);
        else writer.WriteNullValue();
        writer.WriteEndObject();
    }
}
