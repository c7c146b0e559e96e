using System.Net;

namespace Fairlead.Wire.Tests;

[Trait("Case", "14.2")]
public sealed class WithheldWordsTests
{
    const string Secret = "p@ss w0rd+\"<&'x%é\u20ac😀!";

    static readonly WithheldWords s_words = new(["login", "--password=s3cretword", Secret, "ab"], CredentialWords.Of("Bearer abc.def-ghi"));

    public static TheoryData<string> Written => new()
    {
        Secret,
        Uri.EscapeDataString(Secret),
        Uri.EscapeDataString(Secret).Replace("%20", "+", StringComparison.Ordinal),
        string.Concat(Encoding.UTF8.GetBytes(Secret).Select(static b => $"%{b:x2}")),
        string.Concat(Encoding.UTF8.GetBytes(Secret).Select(static b => $@"\x{b:x2}")),
        Uri.EscapeDataString(Uri.EscapeDataString(Secret)),
        JsonSerializer.Serialize(Secret),
        JsonSerializer.Serialize(JsonSerializer.Serialize(Secret)),
        string.Concat(Secret.Select(static c => $@"\u{(int)c:X4}")),
        WebUtility.HtmlEncode(Secret),
        string.Concat(Secret.EnumerateRunes().Select(static r => $"&#x{r.Value:x};")),
        string.Concat(Secret.EnumerateRunes().Select(static r => $"&#{r.Value};")),
        Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Secret)),
        Secret.Replace("\"", "\\\"", StringComparison.Ordinal),
        Secret.Replace("p@", "p%40", StringComparison.Ordinal),
    };

    [Theory, MemberData(nameof(Written))]
    public void A_word_is_blanked_however_it_is_written(string written)
    {
        string blanked = s_words.Blank($"exec {written} failed");
        Assert.StartsWith("exec ", blanked, StringComparison.Ordinal);
        Assert.EndsWith(" failed", blanked, StringComparison.Ordinal);
        Assert.DoesNotContain("w0rd", blanked, StringComparison.OrdinalIgnoreCase);
        Assert.InRange(blanked.Length, 0, "exec [withheld] failed".Length + 16); // nothing but its quotes is left
    }

    [Theory, MemberData(nameof(Written))]
    public void A_word_that_a_text_was_cut_in_is_blanked(string written)
    {
        int plain = s_words.Blank("said: " + written).Length;
        for (int length = 1; length < written.Length; length++)
        {
            foreach (string cut in (string[])["", "...", "[...]", "\u2026 (cut)"])
            {
                string blanked = s_words.Blank("said: " + written[..length] + cut);
                Assert.DoesNotContain("w0rd", blanked, StringComparison.OrdinalIgnoreCase);
                Assert.True(length < 60 || blanked.Length <= plain + cut.Length + 10 || blanked.Contains(WithheldWords.Blanked, StringComparison.Ordinal), blanked);
            }
        }
    }

    [Theory]
    [InlineData("exec \"login --password=s3cretword\" failed", "exec \"[withheld] [withheld]\" failed")]
    [InlineData("GET /exec?command=login&command=--password%3ds3cretword", "GET /exec?command=[withheld]&command=[withheld]")]
    [InlineData("user s3cretword", "user [withheld]")]
    [InlineData("cut: s3cretw", "cut: [withheld]")]
    [InlineData("cut: s3c", "cut: s3c")]
    [InlineData("ab about \"ab\"", "[withheld] about \"[withheld]\"")]
    [InlineData("Bearer abc.def-ghi is not known", "[withheld] is not known")]
    [InlineData("token abc.def-ghi", "token [withheld]")]
    [InlineData("100% sure & well, a\\b + c", "100% sure & well, a\\b + c")]
    [InlineData("", "")]
    public void The_rest_stays_as_it_was_said(string said, string shown) => Assert.Equal(shown, s_words.Blank(said));

    [Fact]
    public void Credentials_are_kept_from_everybody_and_the_command_from_logs_alone()
    {
        const string said = "login: abc.def-ghi may not";
        Assert.Equal("login: [withheld] may not", s_words.BlankCredentials(said));
        Assert.Equal("[withheld]: [withheld] may not", s_words.Blank(said));
        WithheldWords basic = new([], CredentialWords.Of("Basic " + Convert.ToBase64String("me:pässwörd"u8)));
        foreach (string secret in (string[])["pässwörd", "me:pässwörd", Convert.ToBase64String("me:pässwörd"u8), "p%C3%A4ssw%c3%b6rd"])
            Assert.DoesNotContain(secret, basic.BlankCredentials($"no {secret} here"), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_of_few_digits_stay() => Assert.Equal("within 30 s at port 80", new WithheldWords(["sleep", "30", "80"]).Blank("within 30 s at port 80"));
}
