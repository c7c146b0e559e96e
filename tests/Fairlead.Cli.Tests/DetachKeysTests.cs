using System.Buffers;
using Fairlead.Cli.Terminals;

namespace Fairlead.Cli.Tests;

/// <summary>Whatever is typed arrives, but the keys that leave, however it is cut into reads.</summary>
[Trait("Case", "B8")]
public sealed class DetachKeysTests
{
    [Theory]
    [InlineData("ctrl-p,ctrl-q", new byte[] { 16, 17 })]
    [InlineData("ctrl-@", new byte[] { 0 })]
    [InlineData("ctrl-[,x", new byte[] { 27, (byte)'x' })]
    [InlineData("none", new byte[0])]
    [InlineData("", new byte[0])]
    public void Are_read(string text, byte[] keys) => Assert.Equal(keys, DetachKeys.Read(text));

    [Theory, InlineData("ctrl-"), InlineData("ctrl-1"), InlineData("ab"), InlineData("ctrl-p,"), InlineData("é")]
    public void Are_refused(string text) => Assert.Contains(" is no key", Assert.Throws<FormatException>(() => DetachKeys.Read(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("ab", "xaxb", "xaxb", false)]
    [InlineData("ab", "xab", "x", true)]
    [InlineData("ab", "aab", "a", true)]
    [InlineData("ab", "abab", "", true)]
    [InlineData("ab", "a", "", false)] // kept back
    [InlineData("aab", "aaab", "a", true)]
    [InlineData("aab", "aaxaab", "aax", true)]
    [InlineData("abac", "ababac", "ab", true)]
    [InlineData("abac", "abax", "abax", false)]
    [InlineData("a", "xa", "x", true)]
    public void Leave_at_every_cut(string keys, string typed, string passed, bool leaves)
    {
        for (int cut = 0; cut <= typed.Length; cut++)
        {
            DetachKeys detach = new(System.Text.Encoding.ASCII.GetBytes(keys));
            ArrayBufferWriter<byte> target = new();
            bool left = detach.Pass(System.Text.Encoding.ASCII.GetBytes(typed[..cut]), target);
            if (!left) left = detach.Pass(System.Text.Encoding.ASCII.GetBytes(typed[cut..]), target);
            Assert.Equal((passed, leaves), (System.Text.Encoding.ASCII.GetString(target.WrittenSpan), left));
        }
    }
}
