using System.Text.Json.Nodes;
using Fairlead.Server.Answers;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>Which objects a list or a watch is about.</summary>
sealed class ObjectSelector
{
    readonly string? _namespace;
    readonly IReadOnlyList<FieldRequirement> _fields;
    readonly IReadOnlyList<LabelRequirement> _labels;

    ObjectSelector(string? @namespace, IReadOnlyList<FieldRequirement> fields, IReadOnlyList<LabelRequirement> labels)
    {
        _namespace = @namespace;
        _fields = fields;
        _labels = labels;
    }

    /// <summary>True when no change of an object can make it match or cease to.</summary>
    public bool IsFixed => _fields.Count == 0 && _labels.Count == 0;

    /// <exception cref="ApiRefusal">400: a selector cannot be read, or names a field that cannot be selected by.</exception>
    public static ObjectSelector Of(ApiRequest request, ApiResource resource) => new(
        request.Namespace,
        FieldRequirement.Parse(request.Query.First("fieldSelector"), resource),
        LabelRequirement.Parse(request.Query.First("labelSelector")));

    public bool Matches(JsonObject item)
    {
        if (_namespace is not null && item.Namespace != _namespace) return false;
        foreach (FieldRequirement field in _fields)
        {
            if (!field.Matches(item)) return false;
        }

        JsonObject? labels = item.Labels;
        foreach (LabelRequirement label in _labels)
        {
            if (!label.Matches(labels)) return false;
        }

        return true;
    }
}
