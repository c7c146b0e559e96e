namespace Fairlead.Wire.Tests;

/// <summary>What is made visible, what stays, and how long it becomes.</summary>
[Trait("Case", "B6")]
public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("\x1b]0;T\x07\x1b[2J", @"\x1b]0;T\x07\x1b[2J")] // names the window, clears the screen
    [InlineData("\u009b2J\u0085", @"\x9b2J\x85")] // the same in one character, and a line break of C1
    [InlineData("a\0\b\x7f", @"a\x00\x08\x7f")]
    [InlineData("done\rerror: \n\t", @"done\rerror: \n\t")]
    [InlineData("a\u202etxt.exe\u202c", @"a\u202etxt.exe\u202c")]
    [InlineData("\u200e\u200f\u061c\u2066\u2067\u2068\u202a\u202b", @"\u200e\u200f\u061c\u2066\u2067\u2068\u202a\u202b")]
    [InlineData("a\u2028b\u2029", @"a\u2028b\u2029")]
    [InlineData("a\u200bb\u200cc\u200dd\u2060\ufeff\u00ad", @"a\u200bb\u200cc\u200dd\u2060\ufeff\xad")] // without width
    [InlineData("\U000e0041\U0001d173\U000ffffd", "\\U000e0041\\U0001d173\U000ffffd")] // a tag, a mark of music; private
    [InlineData("\u3164\u115f\uffa0\u034f", @"\u3164\u115f\uffa0\u034f")] // letters and marks that show nothing
    [InlineData("\uffff\ufdd0", @"\uffff\ufdd0")]
    [InlineData("\u0645\u200c\u200d\u0645\u200c", @"م\u200c\u200dم\u200c")] // joiners that join nothing
    public void What_acts_or_deceives_is_made_visible(string text, string expected) => Assert.Equal(expected, VisibleText.Line(text));

    [Fact] // not as data of a theory, which are kept as UTF-8
    public void Halves_of_pairs_are_made_visible() => Assert.Equal(@"\udc69a\ud83d\ud83d", VisibleText.Line("\udc69a\ud83d\ud83d"));

    [Theory]
    [InlineData("")]
    [InlineData("error: pods \"web-0\" not found; see C:\\temp\\x, ~{}[]|^`'")]
    [InlineData("Größe, señor, naïve\u00a0« été »; Ελλάδα; Привет")]
    [InlineData("日本語\u3000漢字\U000e0100, 한국어, ไทย, አማርኛ")]
    [InlineData("العربية, עברית, می\u200cخواهم, हिन्दी क्\u200dष")]
    [InlineData("e\u0301, \U0001F469\u200d\U0001F4BB, \u2764\ufe0f\u200d\U0001F525, \U0001F1E9\U0001F1EA, \U0001F44D\U0001F3FD, ∑ → €")]
    [InlineData("[...] \\x1b \\u202e")]
    public void Ordinary_text_of_any_script_stays_as_it_is(string text)
    {
        Assert.Same(text, VisibleText.Line(text));
        Assert.Same(text, VisibleText.Lines(text));
    }

    [Fact]
    public void Several_lines_keep_their_line_feeds_and_tabs_and_nothing_else() =>
        Assert.Equal("tar: a\n\tb\\r\n\\x1b[2J\\u2028", VisibleText.Lines("tar: a\n\tb\r\n\e[2J\u2028"));

    [Theory]
    [InlineData("1234567890", 10, "1234567890")]
    [InlineData("12345678901", 10, "12345[...]")]
    [InlineData("12345\n", 10, "12345\\n")]
    [InlineData("12345\e", 10, "12345\\x1b")]
    [InlineData("1234\e\e", 10, "1234[...]")] // an escape is not cut up
    [InlineData("1234\U0001F4BB\U0001F4BB\U0001F4BB\U0001F4BB", 10, "1234[...]")] // nor a pair
    [InlineData("म\u0947मेम\u200dममममममम", 11, "म\u0947मेम[...]")] // nor is a joiner left behind
    [InlineData("123456", 5, "[...]")]
    public void What_is_too_long_is_cut_and_says_so(string text, int longest, string expected)
    {
        string shown = VisibleText.Line(text, longest);
        Assert.Equal(expected, shown);
        Assert.Same(shown, VisibleText.Line(shown, longest));
    }

    [Fact]
    public void A_flood_costs_no_more_than_what_is_shown()
    {
        string flood = new('\e', 10_000_000);
        byte[] bytes = new byte[10_000_000];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(VisibleText.LongestLine - 3, VisibleText.Line(flood).Length); // escapes are of four characters
        Assert.Equal(VisibleText.LongestLine - 3, PeerText.FromUtf8(bytes).ToString().Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Bytes_are_read_as_utf8_and_what_is_none_is_replaced() =>
        Assert.Equal("é\ufffd2J\\x1b\ufffd", PeerText.FromUtf8([0xC3, 0xA9, 0x9B, (byte)'2', (byte)'J', 0x1B, 0xE2, 0x80]).ToString());

    [Fact]
    public void A_peers_text_shows_itself_fit_and_gives_what_came_by_name()
    {
        PeerText text = "\e[2J\n";
        Assert.Equal("<\\x1b[2J\\n>", $"<{text}>");
        Assert.Equal("\\x1b[2J\n", text.ToLines());
        Assert.Equal("\e[2J\n", text.Raw);
        Assert.Equal(new PeerText("\e[2J\n"), text);
        Assert.True(default(PeerText).IsEmpty);
        Assert.Equal("", default(PeerText).ToString());
    }
}
