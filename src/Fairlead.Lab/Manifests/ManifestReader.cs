using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Lab.Manifests;

/// <summary>Reads the members of one object of a manifest, and says where one is wrong.</summary>
readonly struct ManifestReader(JsonObject node, string path)
{
    internal JsonObject Node => node;

    /// <summary>Refuses, naming the member.</summary>
    internal ManifestException Wrong(string member, string what) => new($"{path}.{member}: {what}");

    internal string? GetString(string member) => node[member] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw Wrong(member, "must be a string (put it in quotes)"),
    };

    internal bool GetBoolean(string member) => node[member] switch
    {
        null => false,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        _ => throw Wrong(member, "must be true or false"),
    };

    internal int? GetInteger(string member) => node[member] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.Number && value.TryGetValue(out int number) => number,
        JsonValue value when value.GetValueKind() is JsonValueKind.Number && value.TryGetValue(out long number) && number == (int)number => (int)number,
        _ => throw Wrong(member, "must be a whole number"),
    };

    internal IReadOnlyList<string> GetStrings(string member)
    {
        if (node[member] is null) return [];
        if (node[member] is not JsonArray array) throw Wrong(member, "must be a list of strings");
        List<string> values = [];
        foreach (JsonNode? item in array)
        {
            if (item is not JsonValue value || value.GetValueKind() != JsonValueKind.String)
                throw Wrong($"{member}[{values.Count}]", "must be a string (put it in quotes)");
            values.Add(value.GetValue<string>());
        }

        return values;
    }

    internal ManifestReader? GetObject(string member) => node[member] switch
    {
        null => null,
        JsonObject value => new ManifestReader(value, $"{path}.{member}"),
        _ => throw Wrong(member, "must be a mapping"),
    };

    internal List<ManifestReader> GetObjects(string member)
    {
        if (node[member] is null) return [];
        if (node[member] is not JsonArray array) throw Wrong(member, "must be a list");
        List<ManifestReader> values = [];
        foreach (JsonNode? item in array)
        {
            string at = $"{path}.{member}[{values.Count}]";
            values.Add(new ManifestReader(item as JsonObject ?? throw new ManifestException($"{at}: must be a mapping"), at));
        }

        return values;
    }
}
