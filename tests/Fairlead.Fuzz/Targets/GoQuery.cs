using System.Globalization;

namespace Fairlead.Fuzz.Targets;

/// <summary>A small model of Go's net/url.ParseQuery, on bytes, that shares nothing with what is tested.</summary>
sealed class GoQuery
{
    readonly Dictionary<string, List<string>> _values = [];

    /// <summary>Pairs were dropped, of which Go's callers hear nothing.</summary>
    public bool HasDropped { get; private set; }

    public static GoQuery Parse(string query)
    {
        GoQuery read = new();
        foreach (string pair in query.Split('&'))
        {
            if (pair.Contains(';', StringComparison.Ordinal))
            {
                read.HasDropped = true;
                continue;
            }

            if (pair.Length == 0) continue;
            string[] cut = pair.Split('=', 2);
            string? name = Unescape(cut[0]), value = Unescape(cut.Length > 1 ? cut[1] : "");
            if (name is null || value is null)
            {
                read.HasDropped = true;
                continue;
            }

            if (!read._values.TryGetValue(name, out List<string>? values)) read._values[name] = values = [];
            values.Add(value);
        }

        return read;
    }

    /// <summary>Values as Latin-1 text: a character a byte.</summary>
    public IReadOnlyList<string> this[string name] => _values.TryGetValue(name, out List<string>? values) ? values : [];

    /// <summary>As the API server's conversion reads a flag.</summary>
    public bool Flag(string name) => this[name] is [var first, ..] && first != "0" && !string.Equals(first, "false", StringComparison.OrdinalIgnoreCase);

    static string? Unescape(string text)
    {
        string result = "";
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] != '%')
            {
                result += text[at] == '+' ? ' ' : text[at];
                continue;
            }

            if (at + 2 >= text.Length || !Uri.IsHexDigit(text[at + 1]) || !Uri.IsHexDigit(text[at + 2])) return null;
            result += (char)int.Parse(text.AsSpan(at + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            at += 2;
        }

        return result;
    }
}
