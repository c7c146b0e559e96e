using System.Text.Json.Nodes;
using Fairlead.Server.Answers;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>One term of a field selector: <c>metadata.name=demo</c>, <c>status.phase!=Running</c>.</summary>
sealed record FieldRequirement(string[] Path, string Value, bool IsEqual)
{
    static readonly string[] s_everywhere = ["metadata.name", "metadata.namespace"];
    static readonly string[] s_pods =
        ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP",
            "status.nominatedNodeName"];
    static readonly string[] s_operators = ["!=", "==", "="];

    public static IReadOnlyList<FieldRequirement> Parse(string? text, ApiResource resource)
    {
        if (string.IsNullOrEmpty(text)) return [];
        List<FieldRequirement> requirements = [];
        foreach (string term in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            requirements.Add(ParseTerm(term, resource));
        return requirements;
    }

    public bool Matches(JsonObject item) => (item.Text(Path) ?? "") == Value == IsEqual;

    static FieldRequirement ParseTerm(string term, ApiResource resource)
    {
        int at = term.IndexOfAny(['=', '!']);
        string? sign = at > 0 ? Array.Find(s_operators, sign => term.AsSpan(at).StartsWith(sign, StringComparison.Ordinal)) : null;
        if (sign is null)
            throw new ApiRefusal(Refusals.BadRequest($"invalid field selector: {term}; it should look like name=value or name!=value"));

        string field = term[..at];
        bool known = s_everywhere.Contains(field) || (resource == ApiResources.Pods && s_pods.Contains(field));
        if (!known) throw new ApiRefusal(Refusals.BadRequest($"field label not supported: {field}"));
        return new FieldRequirement(field.Split('.'), term[(at + sign.Length)..], sign != "!=");
    }
}
