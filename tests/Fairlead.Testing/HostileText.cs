using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Fairlead.Testing;

/// <summary>What a peer may say to take over a terminal, to lie about who says it, or to hide what it says.</summary>
public static class HostileText
{
    /// <summary>
    /// Names the window and clears the screen, the same by C1, turns what follows round, goes back in the line, begins a line of its own.
    /// </summary>
    public const string All = "\e]0;T\a\e[2J\u009b2J\u202etxt.exe\u200b\rdone\nerror: \u2028x";

    /// <summary>The same without what ends a line, for where none can be sent.</summary>
    public const string OneLine = "\e]0;T\a\e[2J\u009b2J\u202etxt.exe";

    /// <summary>How both begin where they are shown.</summary>
    public const string Shown = @"\x1b]0;T\x07\x1b[2J\x9b2J\u202etxt.exe";

    /// <summary>As a JSON string, with its quotes.</summary>
    public static string Json(string text) => JsonSerializer.Serialize(text);

    /// <summary>Text as a server that sends a byte a character has to be given it.</summary>
    public static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>Fails where lines would do anything else to a terminal than write letters.</summary>
    public static void RequireFit(string lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        foreach (Rune rune in lines.EnumerateRunes())
        {
            bool isFit = rune.Value == '\n' || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);
            if (!isFit) throw new InvalidOperationException($"U+{rune.Value:X4} comes out: {JsonSerializer.Serialize(lines)}");
        }
    }

    /// <summary>The same, and that it is one line that shows what was said.</summary>
    public static void RequireShown(string line)
    {
        RequireFit(line);
        if (line.TrimEnd('\n').Contains('\n', StringComparison.Ordinal)) throw new InvalidOperationException($"it has several lines: {line}");
        if (!line.Contains(Shown, StringComparison.Ordinal)) throw new InvalidOperationException($"it does not show what was said: {line}");
    }
}
