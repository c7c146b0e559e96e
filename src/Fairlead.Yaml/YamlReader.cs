using System.Text;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fairlead.Yaml;

/// <summary>
/// Turns YAML, of which JSON is a part, into the JSON that kubectl makes of it, one document after the other. Caps keep a hostile text
/// small.
/// </summary>
public sealed class YamlReader
{
    const int LongestText = 4 * 1024 * 1024, DeepestNesting = 64, MostValues = 500_000;

    readonly Dictionary<AnchorName, JsonNode?> _anchors = [];
    readonly GuardedParser _parser;
    readonly bool _lastOfRepeatedKeys;
    Dictionary<JsonNode, int> _lines = [];
    int _values;

    /// <summary>Creates it.</summary>
    /// <param name="reader">The text, which is read to its end. Stays the caller's.</param>
    /// <param name="lastOfRepeatedKeys">True to take the last value of a key that a mapping has twice, false to refuse it.</param>
    /// <exception cref="YamlFormatException">The text is too long, or holds control characters.</exception>
    public YamlReader(TextReader reader, bool lastOfRepeatedKeys = false)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _parser = new GuardedParser(new Parser(new StringReader(ReadText(reader))));
        _lastOfRepeatedKeys = lastOfRepeatedKeys;
    }

    /// <summary>Reads the next document. What comes after it is not looked at yet.</summary>
    /// <returns>Null after the last one.</returns>
    /// <exception cref="YamlFormatException">It is not YAML, or too large.</exception>
    public YamlDocument? Read()
    {
        _parser.TryConsume<StreamStart>(out _);
        if (_parser.Accept<StreamEnd>(out _)) return null;
        _parser.Consume<DocumentStart>();
        _anchors.Clear();
        _lines = [];
        int line = (int)_parser.Current!.Start.Line;
        JsonNode? root = ReadValue(0);
        _parser.Consume<DocumentEnd>();
        return new YamlDocument(root, line, _lines);
    }

    static string ReadText(TextReader reader)
    {
        StringBuilder text = new();
        char[] buffer = new char[16 * 1024];
        int line = 1;
        while (reader.Read(buffer) is > 0 and int count)
        {
            if (text.Length + count > LongestText) throw new YamlFormatException($"the text has more than {LongestText} characters", line);
            foreach (char c in buffer.AsSpan(0, count))
            {
                if (c == '\n') line++;
                else if (char.IsControl(c) && c is not ('\t' or '\r' or '\x85'))
                    throw new YamlFormatException("a control character stands there", line);
            }

            text.Append(buffer, 0, count);
        }

        return text.ToString();
    }

    JsonNode? ReadValue(int depth)
    {
        ParsingEvent at = _parser.Current!;
        int line = (int)at.Start.Line;
        Admit(depth, line);

        AnchorName anchor = (at as NodeEvent)?.Anchor ?? AnchorName.Empty;
        if (!anchor.IsEmpty) _anchors.Remove(anchor); // it is not there before it ends
        JsonNode? value;
        if (_parser.TryConsume<AnchorAlias>(out var alias)) value = Repeat(alias, depth, line);
        else if (_parser.TryConsume<Scalar>(out var scalar)) value = ReadScalar(scalar, line);
        else if (_parser.TryConsume<SequenceStart>(out _)) value = ReadSequence(depth);
        else value = ReadMapping(depth);

        if (value is not null) _lines[value] = line;
        if (!anchor.IsEmpty) _anchors[anchor] = value;
        return value;
    }

    JsonArray ReadSequence(int depth)
    {
        JsonArray sequence = [];
        while (!_parser.TryConsume<SequenceEnd>(out _)) sequence.Add(ReadValue(depth + 1));
        return sequence;
    }

    JsonObject ReadMapping(int depth)
    {
        _parser.Consume<MappingStart>();
        JsonObject mapping = [];
        HashSet<string> written = new(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            int line = (int)_parser.Current!.Start.Line;
            bool isMerge = _parser.Current is Scalar { Value: "<<", Style: ScalarStyle.Plain };
            string key = Key(ReadValue(depth + 1), line);
            JsonNode? value = ReadValue(depth + 1);
            if (isMerge) Merge(mapping, value, depth + 1, line);
            else if (written.Add(key) || _lastOfRepeatedKeys) mapping[key] = value;
            else throw new YamlFormatException("this mapping has the same key before", line);
        }

        return mapping;
    }

    /// <summary>The name that a key has in JSON.</summary>
    static string Key(JsonNode? key, int line) =>
        key is not JsonValue value ? throw new YamlFormatException("a key is a plain word", line)
        : value.TryGetValue(out string? text) ? text : value.ToJsonString();

    /// <summary>
    /// What <c>&lt;&lt;</c> asks for. It replaces what the mapping has so far, and of several mappings the first decides, as for kubectl.
    /// </summary>
    void Merge(JsonObject mapping, JsonNode? merged, int depth, int line)
    {
        foreach (JsonNode? from in merged is JsonArray several ? several.Reverse() : [merged])
        {
            if (from is not JsonObject members) throw new YamlFormatException("what << merges is a mapping, or a list of mappings", line);
            foreach ((string key, JsonNode? value) in members)
            {
                JsonNode? copy = Copy(value, depth, line);
                if (copy is not null) _lines[copy] = line;
                mapping[key] = copy;
            }
        }
    }

    JsonNode? Repeat(AnchorAlias alias, int depth, int line)
    {
        if (!_anchors.TryGetValue(alias.Value, out JsonNode? value))
            throw new YamlFormatException("nothing before it has the anchor that this refers to", line);
        return Copy(value, depth, line);
    }

    JsonNode? Copy(JsonNode? value, int depth, int line)
    {
        AdmitAll(value, depth, line);
        return value?.DeepClone();
    }

    void AdmitAll(JsonNode? value, int depth, int line)
    {
        Admit(depth, line);
        IEnumerable<JsonNode?> inside = value switch
        {
            JsonObject mapping => mapping.Select(static member => member.Value),
            JsonArray sequence => sequence,
            _ => [],
        };
        foreach (JsonNode? item in inside) AdmitAll(item, depth + 1, line);
    }

    /// <summary>Counts one more value, before anything is allocated for it.</summary>
    void Admit(int depth, int line)
    {
        if (depth > DeepestNesting) throw new YamlFormatException($"nested deeper than {DeepestNesting} levels", line);
        if (++_values > MostValues) throw new YamlFormatException($"more than {MostValues} values", line);
    }

    static JsonNode? ReadScalar(Scalar scalar, int line)
    {
        string tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        if (tag is not ("" or ['!', ..] or "tag:yaml.org,2002:str"))
            throw new YamlFormatException("of YAML's own tags, only !!str is supported", line);
        if (tag.Length > 0 || scalar.Style != ScalarStyle.Plain) return JsonValue.Create(scalar.Value);
        try
        {
            return YamlScalars.Resolve(scalar.Value);
        }
        catch (FormatException e)
        {
            throw new YamlFormatException(e.Message, line);
        }
    }
}
