using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Yaml;

/// <summary>Reads the members of one mapping and says where one is wrong. What is null is not there, as for kubectl.</summary>
public readonly struct YamlObject
{
    readonly YamlDocument _document;
    readonly string _path;

    internal YamlObject(JsonObject node, string path, YamlDocument document)
    {
        Node = node;
        _path = path;
        _document = document;
    }

    /// <summary>The mapping itself.</summary>
    public JsonObject Node { get; }

    /// <summary>The same under another name.</summary>
    /// <param name="path">What it is called in messages.</param>
    public YamlObject Named(string path) => new(Node, path, _document);

    /// <summary>The refusal of a member.</summary>
    /// <param name="member">Its name, which the message shows.</param>
    /// <param name="what">What is wrong with it.</param>
    public YamlFormatException Wrong(string member, string what) => Wrong(member, what, Node[member]);

    YamlFormatException Wrong(string member, string what, JsonNode? at) => new($"{PathOf(member)}: {what}", _document.LineOf(at ?? Node));

    /// <summary>A text; null where there is none.</summary>
    /// <exception cref="YamlFormatException">It is something else.</exception>
    public string? GetText(string member) => Node[member] is { } value ? Text(value, member) : null;

    /// <summary>True or false; false where nothing is said.</summary>
    /// <exception cref="YamlFormatException">It is something else.</exception>
    public bool GetBoolean(string member) => Node[member] switch
    {
        null => false,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        _ => throw Wrong(member, "must be true or false"),
    };

    /// <summary>A whole number; null where there is none.</summary>
    /// <exception cref="YamlFormatException">It is something else.</exception>
    public int? GetInteger(string member) => Node[member] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out long number) && number == (int)number => (int)number,
        _ => throw Wrong(member, "must be a whole number"),
    };

    /// <summary>A list of texts, of which one that is null is empty; an empty one where there is none.</summary>
    /// <exception cref="YamlFormatException">It is something else.</exception>
    public IReadOnlyList<string> GetTexts(string member)
    {
        if (Node[member] is not { } value) return [];
        if (value is not JsonArray list) throw Wrong(member, "must be a list of strings");
        YamlObject here = this;
        return [.. list.Select((item, index) => item is null ? "" : here.Text(item, $"{member}[{index}]"))];
    }

    /// <summary>A mapping; null where there is none.</summary>
    /// <exception cref="YamlFormatException">It is something else.</exception>
    public YamlObject? GetObject(string member) => Node[member] is { } value ? Object(value, member) : null;

    /// <summary>A mapping, which is empty where there is none.</summary>
    /// <exception cref="YamlFormatException">It is something else.</exception>
    public YamlObject GetObjectOrEmpty(string member) => Object(Node[member], member);

    /// <summary>A list of mappings, of which one that is null is empty; an empty one where there is none.</summary>
    /// <exception cref="YamlFormatException">It is something else.</exception>
    public IReadOnlyList<YamlObject> GetObjects(string member)
    {
        if (Node[member] is not { } value) return [];
        if (value is not JsonArray list) throw Wrong(member, "must be a list");
        YamlObject here = this;
        return [.. list.Select((item, index) => here.Object(item, $"{member}[{index}]"))];
    }

    string Text(JsonNode value, string member) =>
        value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>()
        : throw Wrong(member, value is JsonValue ? "must be a string (put it in quotes)" : "must be a string", value);

    YamlObject Object(JsonNode? value, string member) => value switch
    {
        null => new YamlObject([], PathOf(member), _document),
        JsonObject mapping => new YamlObject(mapping, PathOf(member), _document),
        _ => throw Wrong(member, "must be a mapping", value),
    };

    string PathOf(string member) => _path.Length == 0 ? member : $"{_path}.{member}";
}
