using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.Wire;

namespace Fairlead.Cli.Logging;

/// <summary>
/// One JSON object a line, UTF-8: time, level, category, event, message, fields, and an exception as the list of its causes, outermost
/// first.
/// </summary>
sealed class JsonLines : ILogFormat
{
    static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public byte[] Write(in LogEntry entry)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line, s_options))
        {
            json.WriteStartObject();
            json.WriteString("time", entry.Time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteString("level", LogLevels.NameOf(entry.Level));
            json.WriteString("category", entry.Category);
            if (entry.Event is { } name) json.WriteString("event", name);
            json.WriteString("message", VisibleText.Line(entry.Message));
            if (entry.Fields.Count > 0) WriteFields(json, entry.Fields);
            if (entry.Failure.Count > 0) WriteFailure(json, entry.Failure);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    static void WriteFields(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> fields)
    {
        json.WriteStartObject("fields");
        foreach ((string name, object? value) in fields)
        {
            if (name == "{OriginalFormat}") continue; // the template, which the event names
            json.WritePropertyName(NameOf(name));
            switch (value)
            {
                case null: json.WriteNullValue(); break;
                case bool truth: json.WriteBooleanValue(truth); break;
                case int number: json.WriteNumberValue(number); break;
                case long number: json.WriteNumberValue(number); break;
                case uint number: json.WriteNumberValue(number); break;
                case double number: json.WriteNumberValue(number); break;
                default: json.WriteStringValue(VisibleText.Line(value.ToString())); break;
            }
        }

        json.WriteEndObject();
    }

    /// <summary>As the template has it. Where there are many, the generator gives the parameter's name, as it is written in C#.</summary>
    static string NameOf(string field) => field is ['@', .. var bare] ? char.ToUpperInvariant(bare[0]) + bare[1..] : field;

    static void WriteFailure(Utf8JsonWriter json, IReadOnlyList<LoggedFailure> causes)
    {
        json.WriteStartArray("exception");
        foreach (LoggedFailure cause in causes)
        {
            json.WriteStartObject();
            json.WriteString("kind", cause.Kind);
            json.WriteString("message", VisibleText.Line(cause.Message));
            if (cause.Stack is { } stack) json.WriteString("stack", VisibleText.Lines(stack.ReplaceLineEndings("\n")));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
