using System.Buffers;
using System.Globalization;

namespace Fairlead.Wire;

/// <summary>Durations as Go programs write them: <c>3s</c>, <c>500ms</c>, <c>1m30s</c>, <c>1.5h</c>, <c>0</c>.</summary>
/// <remarks>Kubernetes' configuration files and flags hold such texts (Go, <c>time.ParseDuration</c>). Signs are not taken.</remarks>
public static class GoDuration
{
    static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    /// <summary>Reads one.</summary>
    /// <param name="text">The text.</param>
    /// <param name="duration">What it says; zero where it says nothing that is understood.</param>
    /// <returns>False for what is no duration, or longer than a year.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        duration = TimeSpan.Zero;
        if (text == "0") return true;

        ReadOnlySpan<char> rest = text;
        double seconds = 0;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0 || !double.TryParse(
                rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return false;

            rest = rest[digits..];
            int next = rest.IndexOfAny(s_digits);
            ReadOnlySpan<char> unit = next < 0 ? rest : rest[..next];
            double scale = unit switch
            {
                "ns" => 1e-9,
                "us" or "\u00b5s" or "\u03bcs" => 1e-6,
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
}
