using System.Text.Json.Nodes;

namespace Fairlead.Yaml;

/// <summary>One document of a YAML text: the JSON that kubectl makes of it, and the line of every value.</summary>
public sealed class YamlDocument
{
    readonly Dictionary<JsonNode, int> _lines;

    internal YamlDocument(JsonNode? root, int line, Dictionary<JsonNode, int> lines)
    {
        Root = root;
        Line = line;
        _lines = lines;
    }

    /// <summary>One that holds nothing.</summary>
    public static YamlDocument Empty { get; } = new(null, 1, []);

    /// <summary>What is in it; null for nothing.</summary>
    public JsonNode? Root { get; }

    /// <summary>The line that it begins on, from 1.</summary>
    public int Line { get; }

    /// <summary>The document's members.</summary>
    /// <param name="path">What it is called in messages; empty for nothing.</param>
    /// <exception cref="YamlFormatException">It is no mapping.</exception>
    public YamlObject ToObject(string path = "") => Root switch
    {
        null => new YamlObject([], path, this),
        JsonObject mapping => new YamlObject(mapping, path, this),
        _ => throw new YamlFormatException("this is no mapping of keys to values", Line),
    };

    /// <summary>The line of a value, from 1. What was repeated by an alias has the alias's line.</summary>
    internal int LineOf(JsonNode? node)
    {
        for (; node is not null; node = node.Parent)
        {
            if (_lines.TryGetValue(node, out int line)) return line;
        }

        return Line;
    }
}
