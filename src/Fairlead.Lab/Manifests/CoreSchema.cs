using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fairlead.Lab.Manifests;

/// <summary>The types of plain scalars by the YAML 1.2 core schema. <c>yes</c>, <c>on</c> and dates are strings there.</summary>
static partial class CoreSchema
{
    /// <summary>The value of a plain scalar as JSON.</summary>
    /// <exception cref="FormatException">Infinity and not-a-number have no JSON form.</exception>
    internal static JsonNode? Resolve(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL": return null;
            case "true" or "True" or "TRUE": return JsonValue.Create(true);
            case "false" or "False" or "FALSE": return JsonValue.Create(false);
            default: break;
        }

        if (Integer().IsMatch(text))
        {
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)) return JsonValue.Create(number);
            return JsonValue.Create(double.Parse(text, CultureInfo.InvariantCulture));
        }

        if (Octal().IsMatch(text)) return JsonValue.Create(InBase(text, 8));
        if (Hexadecimal().IsMatch(text)) return JsonValue.Create(InBase(text, 16));
        if (Float().IsMatch(text)) return JsonValue.Create(double.Parse(text, CultureInfo.InvariantCulture));
        if (Special().IsMatch(text)) throw new FormatException($"{text} has no form in JSON");
        return JsonValue.Create(text);
    }

    static long InBase(string text, int numberBase)
    {
        try
        {
            return Convert.ToInt64(text[2..], numberBase);
        }
        catch (OverflowException e)
        {
            throw new FormatException($"{text} is too large a number", e);
        }
    }

    [GeneratedRegex("^[-+]?[0-9]+$")] private static partial Regex Integer();
    [GeneratedRegex("^0o[0-7]+$")] private static partial Regex Octal();
    [GeneratedRegex("^0x[0-9a-fA-F]+$")] private static partial Regex Hexadecimal();
    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")] private static partial Regex Float();
    [GeneratedRegex(@"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")] private static partial Regex Special();
}
