using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fairlead.Yaml;

/// <summary>
/// The types of scalars without quotes, as kubectl has them: <c>yes</c> and <c>on</c> are booleans, <c>017</c> is fifteen, dates are texts.
/// </summary>
static partial class YamlScalars
{
    /// <summary>The value as JSON.</summary>
    /// <exception cref="FormatException">Infinity and not-a-number have no form in JSON.</exception>
    internal static JsonNode? Resolve(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL": return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "y" or "Y" or "on" or "On" or "ON":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "n" or "N" or "off" or "Off" or "OFF":
                return JsonValue.Create(false);
            case [(>= '0' and <= '9') or '+' or '-' or '.', ..]: break;
            default: return JsonValue.Create(text);
        }

        if (Special().IsMatch(text)) throw new FormatException("infinity and what is not a number have no form in JSON");
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        if (ReadInteger(digits) is { } integer) return integer;
        return Float().IsMatch(digits) && double.Parse(digits, CultureInfo.InvariantCulture) is var number && double.IsFinite(number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    static JsonValue? ReadInteger(ReadOnlySpan<char> text)
    {
        bool negative = text[0] == '-';
        if (text[0] is '+' or '-') text = text[1..];
        (uint radix, int skipped) = text switch
        {
            ['0', 'x' or 'X', ..] => (16u, 2),
            ['0', 'o' or 'O', ..] => (8u, 2),
            ['0', 'b' or 'B', ..] => (2u, 2),
            ['0', _, ..] => (8u, 1),
            _ => (10u, 0),
        };
        text = text[skipped..];
        if (text.IsEmpty) return null;

        UInt128 value = 0;
        foreach (char c in text)
        {
            uint digit = char.IsAsciiDigit(c) ? (uint)(c - '0') : char.IsAsciiHexDigit(c) ? (uint)((c | 0x20) - 'a' + 10) : uint.MaxValue;
            value = (value * radix) + digit;
            if (digit >= radix || value > ulong.MaxValue) return null;
        }

        if (!negative) return value <= long.MaxValue ? JsonValue.Create((long)value) : JsonValue.Create((ulong)value);
        return value <= (UInt128)long.MaxValue + 1 ? JsonValue.Create((long)-(Int128)value) : null;
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")] private static partial Regex Float();
    [GeneratedRegex(@"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")] private static partial Regex Special();
}
