using Fairlead.Cli.Terminals;

namespace Fairlead.Cli.Tests;

/// <summary>What is known of a screen from what is written to it, however that is cut into pieces.</summary>
public sealed class ScreenStateTests
{
    [Theory]
    [InlineData("", false, true)]
    [InlineData("text\r\n$ ", false, true)]
    [InlineData("\e[31mred\e[0m", false, true)]
    [InlineData("\e", false, false)]
    [InlineData("\e[31", false, false)]
    [InlineData("\e(", false, false)]
    [InlineData("\e(B", false, true)]
    [InlineData("\e7\e8", false, true)]
    [InlineData("\e[?1049h\e[H\e[2Jvim", true, true)]
    [InlineData("\e[?1049hvim\e[?1049l$ ", false, true)]
    [InlineData("\e[?47h", true, true)]
    [InlineData("\e[?25;1047;7h", true, true)]
    [InlineData("\e[?25h\e[1049h", false, true)] // not a private mode
    [InlineData("\e[?1049$p", false, true)] // asks only
    [InlineData("\e[?1049h\ec", false, true)]
    [InlineData("\e]0;a title", false, false)]
    [InlineData("\e]0;a title\a", false, true)]
    [InlineData("\e]0;a title\e\\", false, true)]
    [InlineData("\eP+q\e[?1049h", true, true)] // a string that an escape has cancelled
    [InlineData("\e[3\u0018", false, true)]
    [InlineData("é", false, true)]
    [InlineData("日本", false, true)]
    [InlineData("😀", false, true)]
    public void Is_the_same_at_every_cut(string written, bool isAlternate, bool isBetween)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(written);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            ScreenState state = new();
            state.See(bytes.AsSpan(0, cut));
            state.See(bytes.AsSpan(cut));
            Assert.Equal((isAlternate, isBetween), (state.IsAlternate, state.IsBetween));
        }
    }

    [Theory, InlineData("é", 1), InlineData("日", 1), InlineData("日", 2), InlineData("x😀", 2), InlineData("x😀", 4)]
    public void A_character_that_is_not_whole_is_not_between(string written, int length)
    {
        ScreenState state = new();
        foreach (byte each in System.Text.Encoding.UTF8.GetBytes(written)[..length]) state.See([each]);
        Assert.False(state.IsBetween);
    }
}
