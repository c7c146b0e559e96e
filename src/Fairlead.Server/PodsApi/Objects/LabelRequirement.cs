using System.Buffers;
using System.Text.Json.Nodes;
using Fairlead.Server.Answers;

namespace Fairlead.Server.PodsApi.Objects;

/// <summary>
/// One term of a label selector: <c>app=web</c>, <c>app!=web</c>, <c>app</c>, <c>!app</c>, <c>app in (a,b)</c>, <c>app notin (a,b)</c>.
/// </summary>
/// <param name="Key">The label.</param>
/// <param name="Values">The values; null when only the label's being there matters.</param>
/// <param name="Wanted">The label must be there with one of the values; otherwise it must not, and may be absent.</param>
sealed record LabelRequirement(string Key, IReadOnlyList<string>? Values, bool Wanted)
{
    static readonly SearchValues<char> s_name = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./");

    public static IReadOnlyList<LabelRequirement> Parse(string? text)
    {
        List<LabelRequirement> requirements = [];
        if (string.IsNullOrWhiteSpace(text)) return requirements;

        int begin = 0;
        bool inSet = false;
        for (int at = 0; at <= text.Length; at++)
        {
            if (at < text.Length && (inSet || text[at] != ','))
            {
                inSet = text[at] == '(' || (inSet && text[at] != ')');
                continue;
            }

            requirements.Add(ParseTerm(text[begin..at].Trim()));
            begin = at + 1;
        }

        return requirements;
    }

    public bool Matches(JsonObject? labels)
    {
        string? value = labels is not null && labels[Key] is JsonValue node && node.TryGetValue(out string? text) ? text : null;
        return (value is not null && (Values is null || Values.Contains(value))) == Wanted;
    }

    static LabelRequirement ParseTerm(string term)
    {
        if (term.StartsWith('!')) return Checked(term, term[1..], null, false);

        int sign = term.IndexOf('=');
        if (sign > 0)
        {
            bool negated = term[sign - 1] == '!';
            string value = term[(sign + 1)..];
            if (!negated && value.StartsWith('=')) value = value[1..];
            return Checked(term, term[..(negated ? sign - 1 : sign)], [value], !negated);
        }

        int set = term.IndexOf('(');
        if (set < 0) return Checked(term, term, null, true);

        string[] head = term[..set].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (head is not [_, "in" or "notin"] || !term.EndsWith(')')) throw Unreadable(term);
        return Checked(term, head[0], term[(set + 1)..^1].Split(','), head[1] == "in");
    }

    static LabelRequirement Checked(string term, string key, string[]? values, bool wanted)
    {
        key = key.Trim();
        values = values?.Select(value => value.Trim()).ToArray();
        if (key.Length == 0 || key.AsSpan().ContainsAnyExcept(s_name)) throw Unreadable(term);
        if (values is not null && values.Any(value => value.AsSpan().ContainsAnyExcept(s_name))) throw Unreadable(term);
        return new LabelRequirement(key, values, wanted);
    }

    static ApiRefusal Unreadable(string term) => new(Refusals.BadRequest($"unable to parse requirement: \"{term}\""));
}
