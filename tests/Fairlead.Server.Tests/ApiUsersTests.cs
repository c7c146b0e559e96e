using System.Text.Json.Nodes;
using Fairlead.Server.Access;

namespace Fairlead.Server.Tests;

public class ApiUsersTests
{
    static IReadOnlyList<ApiUser> Read(string json) => ApiUsers.FromJson(JsonNode.Parse(json));

    [Fact]
    public void ReadsUsersWithGroupsAndRules()
    {
        IReadOnlyList<ApiUser> users = Read("""
            {"users":[
              {"name":"dev","token":"abc","groups":["devs"],"rules":[{"verbs":["create","get"],"resources":["pods/exec"],"namespaces":["default"]}]},
              {"name":"bare","token":"def"}]}
            """);
        Assert.Equal(["dev", "bare"], users.Select(user => user.Name));
        Assert.Equal("abc", users[0].Token);
        Assert.Equal(["devs"], users[0].Groups);
        ApiRule rule = Assert.Single(users[0].Rules);
        Assert.Equal(["create", "get"], rule.Verbs);
        Assert.Equal(["pods/exec"], rule.Resources);
        Assert.Equal(["default"], rule.Namespaces);
        Assert.Empty(users[1].Rules);
    }

    [Theory]
    [InlineData("[]", "the document: expected members users")]
    [InlineData("{}", "users: expected a list")]
    [InlineData("""{"user":[]}""", "the document: unknown member \"user\"; there are users")]
    [InlineData("""{"users":[{"token":"secret"}]}""", "users[0].name: missing")]
    [InlineData("""{"users":[{"name":"a"}]}""", "users[0].token: missing")]
    [InlineData("""{"users":[{"name":"a","token":""}]}""", "users[0].token: empty")]
    [InlineData("""{"users":[{"name":"a","token":12345}]}""", "users[0].token: expected text; quote it")]
    [InlineData("""{"users":[{"name":"a","token":"se cret"}]}""", "users[0].token: a token has only printable ASCII characters and no spaces")]
    [InlineData("""{"users":[{"name":"a","token":"secret"},{"name":"b","token":"secret"}]}""", "users[1].token: users[0] has the same one; a token names one user")]
    [InlineData("""{"users":[{"name":"a","token":"secret","role":[]}]}""", "users[0]: unknown member \"role\"; there are name, token, groups, rules")]
    [InlineData("""{"users":[{"name":"a","token":"secret","rules":[{"verb":["get"],"resources":["pods"]}]}]}""", "users[0].rules[0]: unknown member \"verb\"; there are verbs, resources, namespaces")]
    [InlineData("""{"users":[{"name":"a","token":"secret","rules":[{"resources":["pods"]}]}]}""", "users[0].rules[0].verbs: expected a list")]
    [InlineData("""{"users":[{"name":"a","token":"secret","rules":[{"verbs":[],"resources":["pods"]}]}]}""", "users[0].rules[0].verbs: the list is empty; leave the member out or name something")]
    [InlineData("""{"users":[{"name":"a","token":"secret","rules":[{"verbs":["gett"],"resources":["pods"]}]}]}""",
        "users[0].rules[0].verbs: \"gett\" is no verb; there are get, list, watch, create, update, patch, delete, deletecollection, *")]
    public void SaysWhatIsWrongAndWhereWithoutTheToken(string json, string message)
    {
        FormatException problem = Assert.Throws<FormatException>(() => Read(json));
        Assert.Equal(message, problem.Message);
        Assert.DoesNotContain("secret", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TextFormDoesNotShowTheToken() =>
        Assert.Equal("dev", new ApiUser { Name = "dev", Token = "abc" }.ToString());
}
