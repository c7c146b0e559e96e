using Fairlead.Server.Access;
namespace Fairlead.Server.Tests;

public sealed class StaticTokenFileTests
{
    static readonly AllowList s_operators = new() { Users = ["root"], Groups = ["operators"] };

    [Fact]
    public void Users_have_what_the_list_allows_by_name_or_group()
    {
        IReadOnlyList<ApiUser> users = Read("""
            # who may
            t1,ann,1,"readers,operators"

            t2,bob,2,"readers"
            t3,root
            """);
        Assert.Equal(["ann", "bob", "root"], users.Select(user => user.Name));
        Assert.Equal(["t1", "t2", "t3"], users.Select(user => user.Token));
        Assert.Equal(["readers", "operators"], users[0].Groups);
        Assert.Equal([1, 0, 1], users.Select(user => user.Rules.Count));
        Assert.DoesNotContain("t1", users[0].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secret", "line 1: expected")]
    [InlineData("secret,", "no name")]
    [InlineData(",ann", "a token has only")]
    [InlineData("sec ret,ann", "a token has only")]
    [InlineData("secret\u00e9,ann", "a token has only")]
    [InlineData("secret,ann,1,\"readers", "line 1: the quotes")]
    [InlineData("# secret\n\n", "it names no user")]
    [InlineData("secret,ann\nsecret,bob", "line 2: an earlier line has the same token")]
    public void A_line_of_another_form_is_an_error_that_shows_no_token(string text, string said)
    {
        string message = Assert.Throws<FormatException>(() => Read(text)).Message;
        Assert.Contains(said, message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    static IReadOnlyList<ApiUser> Read(string text) => StaticTokenFile.Read(new StringReader(text), s_operators);
}
