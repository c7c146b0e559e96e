using Fairlead.Server.Requests;
namespace Fairlead.Server.Tests;

/// <summary>Queries are read as Go and the API server read them; what another could read otherwise is refused.</summary>
[Trait("Case", "C3")]
public sealed class QueryParametersTests
{
    [Theory]
    [InlineData("?command=sh&command=-c&command=echo+a%20b%2B%26%3B", "sh|-c|echo a b+&;")]
    [InlineData("command=a=b&&command=&command", "a=b||")]
    [InlineData("?Command=ls&COMMAND=ls&command=sh&comm%61nd=-c", "sh|-c")]
    [InlineData("command=z%c3%b6&x=1?2/3", "zö")]
    [InlineData("?", "")]
    public void A_command_is_read(string query, string expected)
    {
        Assert.True(QueryParameters.TryParse(query, out QueryParameters? read, out string? problem), problem);
        Assert.Equal(expected, string.Join('|', read.All("command")));
    }

    [Theory]
    [Trait("Case", "C11")]
    [InlineData("command=%ff")]
    [InlineData("command=%ed%a0%80")]
    [InlineData("command=%c0%af")]
    [InlineData("%ff=1&command=ls")]
    public void Bytes_that_are_no_text_are_refused(string query) => Refused(query, "UTF-8");

    [Theory]
    [InlineData("command=a;command=b", "escaped")]
    [InlineData(";&command=b", "escaped")]
    [InlineData("command=a#b", "escaped")]
    [InlineData("command=a b", "escaped")]
    [InlineData("command=\u00f6", "escaped")]
    [InlineData("command=a\t", "escaped")]
    [InlineData("command=%zz", "%")]
    [InlineData("command=%4", "%")]
    [InlineData("command=ls&x=%", "%")]
    [InlineData("%=1&command=ls", "%")]
    [InlineData("command=%+1", "%")]
    [InlineData("command=a%00b", "zero byte")]
    public void What_is_read_in_two_ways_is_refused(string query, string why) => Refused(query, why);

    [Fact]
    public void There_is_an_end_to_the_parameters()
    {
        Assert.True(QueryParameters.TryParse(string.Join('&', Enumerable.Repeat("command=a", QueryParameters.MostPairs)), out QueryParameters? read, out _));
        Assert.Equal(QueryParameters.MostPairs, read.All("command").Count);
        Refused(new string('&', QueryParameters.MostPairs), "parameters");
        Refused(new string('a', PodsApiKestrel.RequestHeadBytes + 1), "too long");
    }

    [Theory]
    [InlineData("tty", true)]
    [InlineData("tty=", true)]
    [InlineData("tty=no", true)]
    [InlineData("tty=00", true)]
    [InlineData("tty=0&tty=1", false)]
    [InlineData("tty=FALSE", false)]
    [InlineData("Tty=1", false)]
    public void A_flag_is_true_unless_its_first_value_says_no(string query, bool expected)
    {
        Assert.True(QueryParameters.TryParse(query, out QueryParameters? read, out _));
        Assert.Equal(expected, read.Boolean("tty"));
    }

    [Theory]
    [InlineData("/api/v1/namespaces/default/pods/demo/exec?command=%ff&stdout=1")]
    [InlineData("/api/v1/namespaces/default/pods/demo/exec?command=ls;command=rm&stdout=1")]
    [InlineData("/api/v1/namespaces/default/pods/demo/log?container=%zz")]
    [InlineData("/api/v1/pods?watch=%")]
    public async Task The_server_refuses_it(string target)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        Uri uri = new(server.Plain.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using HttpResponseMessage refused = await server.Client.GetAsync(uri, TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Contains("the query holds", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    static void Refused(string query, string why)
    {
        Assert.False(QueryParameters.TryParse(query, out QueryParameters? read, out string? problem));
        Assert.Null(read);
        Assert.Contains(why, problem, StringComparison.Ordinal);
    }
}
