using System.Text.Json;

namespace Fairlead.KubeConfig.Targets;

/// <summary>Writes an owner's selector in the form that a list of pods is asked for by.</summary>
static class LabelSelector
{
    /// <param name="selector">A map of labels, or an object with <c>matchLabels</c> and <c>matchExpressions</c>.</param>
    /// <returns>For instance <c>app=web,tier in (a,b)</c>; empty where it selects nothing.</returns>
    public static string Format(JsonElement selector)
    {
        if (selector.ValueKind != JsonValueKind.Object) return "";
        List<string> terms = [];
        bool structured = selector.TryGetProperty("matchLabels", out JsonElement labels) | selector.TryGetProperty(
            "matchExpressions", out JsonElement expressions);
        if (!structured) labels = selector;

        if (labels.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty label in labels.EnumerateObject())
            {
                if (label.Value.ValueKind == JsonValueKind.String) terms.Add($"{label.Name}={label.Value.GetString()}");
            }
        }

        if (expressions.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement expression in expressions.EnumerateArray()) terms.Add(Format(Text(expression, "operator"), expression));
        }

        terms.Sort(StringComparer.Ordinal);
        return string.Join(',', terms);
    }

    static string Format(string operation, JsonElement expression)
    {
        string key = Text(expression, "key");
        string values = expression.TryGetProperty("values", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? string.Join(',', list.EnumerateArray().Select(value => value.GetString()))
            : "";
        return operation switch
        {
            "In" => $"{key} in ({values})",
            "NotIn" => $"{key} notin ({values})",
            "Exists" => key,
            "DoesNotExist" => "!" + key,
            _ => throw new TargetException($"the selector's operator \"{operation}\" is not known"),
        };
    }

    static string Text(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : "";
}
