using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fairlead.Wire;

/// <summary>Source-generated JSON of this room's types: no reflection, so that it survives trimming and AOT.</summary>
[JsonSerializable(typeof(Status))]
sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>Leaves out what is null and escapes only what JSON asks for: messages quote names, and people read them.</summary>
    internal static WireJson Plain { get; } = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
