using System.Buffers;
using System.Globalization;
using System.Text;

namespace Fairlead.Wire;

/// <summary>
/// Makes text fit to show to people: on a terminal, in a log, in a message. What would act on a terminal or deceive the eye (control
/// characters, escape sequences, direction marks, separators of lines, characters without width) is written as <c>\x1b</c>,
/// <c>\u202e</c> or <c>\U000e0041</c>; all other text of any script stays as it is.
/// </summary>
/// <remarks>
/// It is for reading, not for taking back: a backslash stays one, so that a text that holds <c>\x1b</c> in letters looks like one that
/// holds the character, and what is fit already is not changed by a second pass. What comes out is never longer than was asked for.
/// </remarks>
public static class VisibleText
{
    /// <summary>The most characters of a line, where the caller names no other number.</summary>
    public const int LongestLine = 2048;

    /// <summary>The most characters of a text of several lines, where the caller names no other number.</summary>
    public const int LongestLines = 16 * 1024;

    /// <summary>Stands at the end of what was cut.</summary>
    public const string Cut = "[...]";

    /// <summary>The text as one line: its line breaks and tabs are written as <c>\n</c>, <c>\r</c> and <c>\t</c>.</summary>
    /// <param name="text">The text; null is shown as nothing.</param>
    /// <param name="longest">The most characters that come out, <see cref="Cut"/> included.</param>
    public static string Line(string? text, int longest = LongestLine) => Show(text ?? "", longest, keepsLines: false);

    /// <summary>The text with its line feeds and tabs. A carriage return goes back in a line: it is made visible as all else is.</summary>
    /// <param name="text">The text; null is shown as nothing.</param>
    /// <param name="longest">The most characters that come out, <see cref="Cut"/> included.</param>
    public static string Lines(string? text, int longest = LongestLines) => Show(text ?? "", longest, keepsLines: true);

    static string Show(string text, int longest, bool keepsLines)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, Cut.Length);
        if (text.Length <= longest && IsFit(text, keepsLines)) return text;
        StringBuilder shown = new(Math.Min(text.Length + 64, longest), longest);
        int cut = 0; // as much of what is shown as leaves room for the mark
        Rune before = default;
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            bool isFit = IsFit(before, rest, keepsLines, out Rune rune, out int length);
            string? escape = isFit ? null : Escape(length == 1 ? rest[0] : rune.Value);
            ReadOnlySpan<char> piece = escape ?? rest[..length];
            if (shown.Length + piece.Length > longest)
            {
                shown.Length = cut;
                return shown.Append(Cut).ToString();
            }

            shown.Append(piece);
            if (shown.Length <= longest - Cut.Length && !IsJoiner(rune)) cut = shown.Length;
            before = isFit ? rune : default;
            rest = rest[length..];
        }

        return shown.ToString();
    }

    static bool IsFit(string text, bool keepsLines)
    {
        Rune before = default;
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            if (!IsFit(before, rest, keepsLines, out before, out int length)) return false;
            rest = rest[length..];
        }

        return true;
    }

    /// <summary>Looks at the first character; half a surrogate pair, which is none, is not fit.</summary>
    static bool IsFit(Rune before, ReadOnlySpan<char> text, bool keepsLines, out Rune rune, out int length)
    {
        if (Rune.DecodeFromUtf16(text, out rune, out length) != OperationStatus.Done)
        {
            length = 1;
            return false;
        }

        if (rune.Value is >= ' ' and <= '~') return true;
        if (rune.Value is '\n' or '\t') return keepsLines;
        return IsJoiner(rune) ? Joins(before, text[length..]) : IsVisible(rune);
    }

    /// <summary>Persian, Hindi and emoji are written with joiners. They stand between such characters; elsewhere they hide.</summary>
    static bool Joins(Rune before, ReadOnlySpan<char> rest) =>
        IsJoined(before) && Rune.DecodeFromUtf16(rest, out Rune next, out _) == OperationStatus.Done && IsJoined(next);

    static bool IsJoined(Rune rune) => rune.Value >= FirstJoined && !IsJoiner(rune) && IsVisible(rune);

    static bool IsJoiner(Rune rune) => rune.Value is 0x200C or 0x200D;

    /// <summary>Letters, marks, numbers, punctuation, symbols and spaces. What Unicode has not given out yet may become anything.</summary>
    static bool IsVisible(Rune rune) => !IsBlank(rune.Value) && Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);

    /// <summary>Letters and marks that show nothing: the grapheme joiner, Hangul's fillers, Khmer's inherent vowels.</summary>
    static bool IsBlank(int value) => value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0;

    static string Escape(int value) => value switch
    {
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        <= 0xFF => string.Create(CultureInfo.InvariantCulture, $@"\x{value:x2}"),
        <= 0xFFFF => string.Create(CultureInfo.InvariantCulture, $@"\u{value:x4}"),
        _ => string.Create(CultureInfo.InvariantCulture, $@"\U{value:x8}"),
    };

    /// <summary>Where the scripts begin that have joiners: Arabic. Latin, Greek and Cyrillic, which have none, come before.</summary>
    const int FirstJoined = 0x0600;
}
