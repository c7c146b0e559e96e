using System.Buffers;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Fairlead.Cli.CommandLine;

/// <summary>Durations as Go programs write them: <c>3s</c>, <c>500ms</c>, <c>1m30s</c>, <c>1.5h</c>, <c>0</c>.</summary>
static class DurationText
{
    static readonly SearchValues<char> _digits = SearchValues.Create("0123456789.");

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0") return true;

        ReadOnlySpan<char> rest = text;
        double seconds = 0;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(_digits);
            if (digits <= 0 || !double.TryParse(
                rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return false;

            rest = rest[digits..];
            int letters = rest.IndexOfAnyExceptInRange('a', 'z');
            ReadOnlySpan<char> unit = letters < 0 ? rest : rest[..letters];
            double scale = unit switch
            {
                "ms" => 0.001,
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                _ => 0,
            };
            if (scale == 0) return false;
            seconds += number * scale;
            rest = rest[unit.Length..];
        }

        if (text.Length == 0 || seconds > TimeSpan.FromDays(365).TotalSeconds) return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>For an option: zero is refused, since no wait of ours can be that short.</summary>
    public static TimeSpan ParsePositive(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero) return duration;
        result.AddError($"\"{text}\" is not a duration: write for instance 3s, 500ms or 2m");
        return default;
    }
}
