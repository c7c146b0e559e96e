using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Server.Answers;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>Writes the events of one watch, one JSON object a line; sent by <see cref="FlushAsync"/>.</summary>
sealed class WatchEvents(PipeWriter output, ApiResource resource, ObjectTable? table)
{
    bool _hasColumns;

    public void Write(string type, JsonObject item) => WriteEvent(type, writer =>
    {
        if (table is null) item.WriteTo(writer, resource);
        else table.Write(writer, [item], item.ResourceVersion, withColumns: !_hasColumns);
        _hasColumns = true;
    });

    /// <summary>Tells a client that asked for it that it now has all objects there were.</summary>
    public void WriteInitialEventsEnd(long resourceVersion) => WriteEvent("BOOKMARK", writer => new JsonObject
    {
        ["metadata"] = new JsonObject
        {
            ["resourceVersion"] = resourceVersion.ToString(CultureInfo.InvariantCulture),
            ["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" },
        },
    }.WriteTo(writer, resource));

    public void WriteError(Wire.Status status) => WriteEvent("ERROR", writer => writer.WriteRawValue(status.ToJson()));

    public async ValueTask FlushAsync(CancellationToken cancellationToken) => await output.FlushAsync(cancellationToken);

    void WriteEvent(string type, Action<Utf8JsonWriter> writeObject)
    {
        output.Write(JsonAnswer.ToBytes(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WritePropertyName("object");
            writeObject(writer);
            writer.WriteEndObject();
        }).Span);
        output.Write("\n"u8);
    }
}
