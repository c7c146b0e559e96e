using System.Buffers;
using System.Text;
using Fairlead.Cli.Terminals;

namespace Fairlead.Cli.Tests;

/// <summary>What a Windows console tells of a key becomes the bytes that a Unix terminal sends for it.</summary>
public sealed class KeyBytesTests
{
    const uint RightAlt = 0x1, LeftAlt = 0x2, LeftControl = 0x8, Shift = 0x10;

    static string Sent(params (bool IsDown, ushort Key, char Character, uint Controls)[] told)
    {
        KeyBytes keys = new();
        ArrayBufferWriter<byte> sent = new();
        foreach ((bool isDown, ushort key, char character, uint controls) in told) keys.Add(isDown, key, character, controls, sent);
        return Encoding.UTF8.GetString(sent.WrittenSpan);
    }

    [Fact]
    public void A_key_is_sent_when_it_goes_down_and_not_when_it_comes_up() => Assert.Equal("a", Sent((true, 0x41, 'a', 0), (false, 0x41, 'a', 0)));

    [Fact]
    public void Keys_that_change_others_send_nothing() => Assert.Equal("", Sent((true, 0x10, '\0', Shift), (true, 0x11, '\0', LeftControl), (true, 0x12, '\0', LeftAlt)));

    [Theory]
    [InlineData('é', "é")]
    [InlineData('日', "日")]
    [InlineData('\x03', "\x03")]
    [InlineData('\r', "\r")]
    [InlineData('\uDC00', "\uFFFD")]
    public void Characters_are_utf8(char character, string sent) => Assert.Equal(sent, Sent((true, 0, character, 0)));

    [Fact]
    public void A_character_of_two_units_is_one() => Assert.Equal("😀", Sent((true, 0, '\uD83D', 0), (false, 0, '\uD83D', 0), (true, 0, '\uDE00', 0)));

    [Fact]
    public void A_character_that_was_written_by_its_number_comes_when_Alt_goes_up() => Assert.Equal("ä", Sent((true, 0x12, '\0', LeftAlt), (false, 0x12, 'ä', 0)));

    [Theory]
    [InlineData(0x26, 0, "\e[A")]
    [InlineData(0x25, 0, "\e[D")]
    [InlineData(0x26, LeftControl, "\e[1;5A")]
    [InlineData(0x23, Shift, "\e[1;2F")]
    [InlineData(0x2E, 0, "\e[3~")]
    [InlineData(0x70, 0, "\eOP")]
    [InlineData(0x70, LeftAlt, "\e[1;3P")]
    [InlineData(0x7B, 0, "\e[24~")]
    [InlineData(0x20, LeftControl, "\0")]
    public void Keys_without_a_character_are_those_of_xterm(ushort key, uint controls, string sent) => Assert.Equal(sent, Sent((true, key, '\0', controls)));

    [Fact]
    public void Alt_is_an_escape_in_front_and_AltGr_is_not()
    {
        Assert.Equal("\eb", Sent((true, 0x42, 'b', LeftAlt)));
        Assert.Equal("€", Sent((true, 0x45, '€', RightAlt | LeftControl)));
    }
}
