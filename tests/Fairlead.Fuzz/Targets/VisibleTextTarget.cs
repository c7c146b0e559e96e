using System.Globalization;
using System.Runtime.InteropServices;
using Fairlead.Wire;

namespace Fairlead.Fuzz.Targets;

/// <summary>
/// A text that is made fit to show. The first byte says whether it is of several lines (bit 0) and came as UTF-16 (bit 1, for halves of
/// pairs) rather than UTF-8; the second, how much is shown.
/// </summary>
static class VisibleTextTarget
{
    internal static void Run(byte[] input)
    {
        if (input.Length < 2) return;
        bool lines = (input[0] & 1) != 0;
        int longest = VisibleText.Cut.Length + (input[1] < 128 ? input[1] : 10_000);
        byte[] bytes = input[2..];
        string text = (input[0] & 2) == 0 ? Encoding.UTF8.GetString(bytes) : new string(MemoryMarshal.Cast<byte, char>(bytes));
        string shown = Show(text, longest, lines);
        FuzzTarget.Require(shown.Length <= longest, "longer than was asked for");
        FuzzTarget.Require(Show(shown, longest, lines) == shown, "a second pass changes what is fit");
        for (int at = 0; at < shown.Length;)
        {
            int length = Character(shown, at, out UnicodeCategory? category, out int value);
            FuzzTarget.Require(!IsForbidden(value, category, lines) || IsBetweenJoined(shown, at), $"{value:x} comes out");
            at += length;
        }

        // a cut that would fall into an escape comes before it: up to ten characters earlier
        const int LongestEscape = 10;
        if (longest > VisibleText.Cut.Length + 127 && shown.Length + VisibleText.Cut.Length + LongestEscape < longest) CheckWhole(text, shown, lines);
        string came = PeerText.FromUtf8(bytes).ToString();
        FuzzTarget.Require((input[0] & 2) != 0 || came == new PeerText(text).ToString(), "bytes are shown in another way");
    }

    static string Show(string text, int longest, bool lines) => lines ? VisibleText.Lines(text, longest) : VisibleText.Line(text, longest);

    /// <summary>Where nothing was cut, each character stands there, or its escape.</summary>
    static void CheckWhole(string text, string shown, bool lines)
    {
        int to = 0;
        for (int at = 0; at < text.Length;)
        {
            int length = Character(text, at, out UnicodeCategory? category, out int value);
            bool isKept = string.CompareOrdinal(shown, to, text, at, length) == 0;
            FuzzTarget.Require(isKept || IsForbidden(value, category, lines), $"{value:x} is not kept");
            string escape = value switch
            {
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                < 0x100 => $@"\x{value:x2}",
                < 0x10000 => $@"\u{value:x4}",
                _ => $@"\U{value:x8}",
            };
            FuzzTarget.Require(isKept || string.CompareOrdinal(shown, to, escape, 0, escape.Length) == 0, $"{value:x} is lost");
            to += isKept ? length : escape.Length;
            at += length;
        }

        FuzzTarget.Require(to == shown.Length, "more is shown than came");
    }

    /// <summary>Written without a look at the function: what must not come out, by its number.</summary>
    static bool IsForbidden(int value, UnicodeCategory? category, bool lines) => value switch
    {
        '\n' or '\t' => !lines,
        < 0x20 or (>= 0x7F and < 0xA0) or 0xAD or 0x034F or 0x061C or 0x115F or 0x1160 or 0x17B4 or 0x17B5 => true,
        (>= 0x200B and <= 0x200F) or (>= 0x2028 and <= 0x202E) or (>= 0x2060 and <= 0x206F) or 0x3164 or 0xFEFF or 0xFFA0 => true,
        _ => category is null or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned,
    };

    static bool IsBetweenJoined(string text, int at) =>
        text[at] is '\u200c' or '\u200d' && at > 0 && at < text.Length - 1 && text[at - 1] >= 0x0600 && text[at + 1] >= 0x0600;

    /// <returns>The length of the character there; one without a category is half a pair.</returns>
    static int Character(string text, int at, out UnicodeCategory? category, out int value)
    {
        bool isWhole = Rune.TryGetRuneAt(text, at, out Rune rune);
        category = isWhole ? Rune.GetUnicodeCategory(rune) : null;
        value = isWhole ? rune.Value : text[at];
        return isWhole ? rune.Utf16SequenceLength : 1;
    }
}
