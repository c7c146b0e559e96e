using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fairlead.KubeConfig.Files;

/// <summary>The JSON form of a YAML value, as a credential plugin wants its configuration.</summary>
static class YamlToJson
{
    /// <summary>Deeper than any configuration; a document that refers to itself would have no end.</summary>
    const int Deepest = 32;

    public static JsonNode? Convert(YamlNode node) => Convert(node, 0);

    static JsonNode? Convert(YamlNode node, int depth)
    {
        if (depth > Deepest) throw new KubeConfigException("a cluster's extension for plugins is nested too deeply");
        switch (node)
        {
            case YamlMappingNode mapping:
                JsonObject members = [];
                foreach ((YamlNode key, YamlNode value) in mapping.Children) members[(key as YamlScalarNode)?.Value ?? ""] = Convert(value, depth + 1);
                return members;
            case YamlSequenceNode sequence:
                JsonArray items = [];
                foreach (YamlNode item in sequence) items.Add(Convert(item, depth + 1));
                return items;
            case YamlScalarNode { Style: not ScalarStyle.Plain } quoted:
                return JsonValue.Create(quoted.Value);
            case YamlScalarNode plain:
                return Plain(plain.Value ?? "");
            default:
                return null;
        }
    }

    static JsonValue? Plain(string text) => text switch
    {
        "" or "~" or "null" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => JsonValue.Create(whole),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
