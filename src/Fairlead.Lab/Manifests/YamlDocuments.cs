using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fairlead.Lab.Manifests;

/// <summary>Turns YAML documents, of which JSON is a part, into JSON objects. Caps keep a hostile file small.</summary>
public sealed class YamlDocuments
{
    const int LongestText = 4 * 1024 * 1024, DeepestNesting = 64, MostNodes = 100_000;

    readonly Dictionary<AnchorName, JsonNode?> _anchors = [];
    readonly IParser _parser;
    int _nodes;

    YamlDocuments(IParser parser) => _parser = parser;

    /// <summary>All documents that are not empty, each with the line it begins on.</summary>
    /// <exception cref="ManifestException">It is not YAML, too large, or not a mapping.</exception>
    /// <param name="reader">The text, at most 4 Mi characters. Stays the caller's.</param>
    public static IReadOnlyList<(JsonObject Document, int Line)> Read(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        char[] buffer = new char[LongestText + 1];
        int length = reader.ReadBlock(buffer, 0, buffer.Length);
        if (length > LongestText) throw new ManifestException($"a manifest file has at most {LongestText} characters");
        try
        {
            using StringReader text = new(new string(buffer, 0, length));
            return new YamlDocuments(new Parser(text)).Read();
        }
        catch (YamlException e)
        {
            throw new ManifestException(e.Message, (int)e.Start.Line, e);
        }
    }

    List<(JsonObject, int)> Read()
    {
        List<(JsonObject, int)> documents = [];
        _parser.Consume<StreamStart>();
        while (!_parser.Accept<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            int line = (int)_parser.Current!.Start.Line;
            switch (ReadNode(0))
            {
                case JsonObject document: documents.Add((document, line)); break;
                case null: break;
                default: throw new ManifestException("a manifest is a mapping", line);
            }

            _parser.Consume<DocumentEnd>();
        }

        return documents;
    }

    JsonNode? ReadNode(int depth)
    {
        ParsingEvent at = _parser.Current!;
        int line = (int)at.Start.Line;
        if (depth > DeepestNesting) throw new ManifestException($"nested deeper than {DeepestNesting} levels", line);
        if (++_nodes > MostNodes) throw new ManifestException($"more than {MostNodes} values", line);

        JsonNode? node;
        AnchorName anchor = (at as NodeEvent)?.Anchor ?? AnchorName.Empty;
        if (_parser.TryConsume<AnchorAlias>(out var alias)) return Repeat(alias, line);
        if (_parser.TryConsume<Scalar>(out var scalar)) node = ReadScalar(scalar, line);
        else if (_parser.TryConsume<SequenceStart>(out _)) node = ReadSequence(depth);
        else if (_parser.TryConsume<MappingStart>(out _)) node = ReadMapping(depth);
        else throw new ManifestException($"unexpected {at.GetType().Name}", line);

        if (!anchor.IsEmpty) _anchors[anchor] = node;
        return node;
    }

    JsonArray ReadSequence(int depth)
    {
        JsonArray sequence = [];
        while (!_parser.TryConsume<SequenceEnd>(out _)) sequence.Add(ReadNode(depth + 1));
        return sequence;
    }

    JsonObject ReadMapping(int depth)
    {
        JsonObject mapping = [];
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            int line = (int)_parser.Current!.Start.Line;
            if (!_parser.TryConsume<Scalar>(out var key)) throw new ManifestException("a key is a plain word", line);
            if (key.Value == "<<" && key.Style == ScalarStyle.Plain) throw new ManifestException("merge keys (<<) are not supported", line);
            JsonNode? value = ReadNode(depth + 1);
            if (!mapping.TryAdd(key.Value, value)) throw new ManifestException($"the key \"{key.Value}\" is there twice", line);
        }

        return mapping;
    }

    JsonNode? Repeat(AnchorAlias alias, int line)
    {
        if (!_anchors.TryGetValue(alias.Value, out JsonNode? node)) throw new ManifestException($"nothing has the anchor &{alias.Value}", line);
        _nodes += Count(node);
        if (_nodes > MostNodes) throw new ManifestException($"more than {MostNodes} values", line);
        return node?.DeepClone();
    }

    static int Count(JsonNode? node) => 1 + node switch
    {
        JsonObject mapping => mapping.Sum(member => Count(member.Value)),
        JsonArray sequence => sequence.Sum(Count),
        _ => 0,
    };

    static JsonNode? ReadScalar(Scalar scalar, int line)
    {
        string tag = scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific ? "" : scalar.Tag.Value;
        if (tag == "tag:yaml.org,2002:str" || (tag.Length == 0 && scalar.Style != ScalarStyle.Plain)) return JsonValue.Create(scalar.Value);
        if (tag.Length > 0) throw new ManifestException($"the tag {tag} is not supported", line);
        try
        {
            return CoreSchema.Resolve(scalar.Value);
        }
        catch (FormatException e)
        {
            throw new ManifestException(e.Message, line, e);
        }
    }
}
