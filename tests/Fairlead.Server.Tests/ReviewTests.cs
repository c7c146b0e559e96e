using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Access;

namespace Fairlead.Server.Tests;

public class ReviewTests
{
    const string AccessReviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const string RulesReviews = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";

    static readonly ApiUser s_dev = new()
    {
        Name = "dev",
        Token = "t",
        Groups = ["devs"],
        Rules = [new ApiRule { Verbs = ["create"], Resources = ["pods/exec"], Namespaces = ["default"] }],
    };

    static async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string body, string type = "application/json")
    {
        using StringContent content = new(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(type));
        return await client.PostAsync(path, content, TestContext.Current.CancellationToken);
    }

    static async Task<JsonObject> StatusAsync(HttpClient client, string path, string body)
    {
        using HttpResponseMessage response = await PostAsync(client, path, body);
        Assert.Equal(201, (int)response.StatusCode);
        return (await PodsApiServer.ReadAsync(response))["status"]!.AsObject();
    }

    [Theory]
    [InlineData("""{"resourceAttributes":{"verb":"create","resource":"pods","subresource":"exec","namespace":"default"}}""", true)]
    [InlineData("""{"resourceAttributes":{"verb":"create","resource":"pods","subresource":"exec","namespace":"other"}}""", false)]
    [InlineData("""{"resourceAttributes":{"verb":"create","resource":"pods","subresource":"exec"}}""", false)]
    [InlineData("""{"resourceAttributes":{"verb":"get","resource":"pods","namespace":"default"}}""", false)]
    [InlineData("""{"resourceAttributes":{"verb":"*","resource":"*"}}""", false)]
    [InlineData("""{"resourceAttributes":{"verb":"create","group":"authorization.k8s.io","resource":"selfsubjectaccessreviews"}}""", true)]
    [InlineData("""{"nonResourceAttributes":{"verb":"get","path":"/version"}}""", true)]
    [InlineData("""{"nonResourceAttributes":{"verb":"post","path":"/version"}}""", false)]
    public async Task SaysWhetherSomethingIsAllowed(string spec, bool allowed)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(s_dev);
        using HttpClient client = server.ClientFor("t");
        Assert.Equal(allowed, (bool)(await StatusAsync(client, AccessReviews, $$"""{"spec":{{spec}}}"""))["allowed"]!);
    }

    [Theory, Trait("Case", "C3")]
    [InlineData("""{"spec":{"resourceAttributes":{"verb":"get","verb":"create","resource":"pods"}}}""", 400)]
    [InlineData("""{"spec":{},"spec":{"nonResourceAttributes":{"verb":"get","path":"/"}}}""", 400)]
    [InlineData("""{"spec":{"resourceAttributes":{"verb":"get","resource":"pods","namespace":"\ud800"}}}""", 400)]
    [InlineData("""{"spec":{"resourceAttributes":{"verb":"create","resource":"pods"},"nonResourceAttributes":{"verb":"get","path":"/"}}}""", 422)]
    public async Task What_can_be_read_in_two_ways_is_refused(string body, int code)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(s_dev);
        using HttpClient client = server.ClientFor("t");
        foreach (string path in code == 422 ? (string[])[AccessReviews] : [AccessReviews, RulesReviews])
        {
            using HttpResponseMessage response = await PostAsync(client, path, body);
            Assert.Equal(code, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task ReadsProtobufAsKubectlSendsIt()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(s_dev);
        using HttpClient client = server.ClientFor("t");

        // type meta, then an object with empty metadata and a spec: {namespace default, verb create, resource pods, subresource exec}
        const string attributes = "\u000A\u0007default\u0012\u0006create\u002A\u0004pods\u0032\u0004exec";
        const string review = "\u000A\u0000\u0012\u001F\u000A\u001D" + attributes;
        using HttpResponseMessage response = await PostAsync(
            client, AccessReviews, "k8s\0\u000A\u0004\u000A\u0002v1\u0012\u0023" + review, "application/vnd.kubernetes.protobuf");
        JsonObject answer = await PodsApiServer.ReadAsync(response);
        Assert.Equal(201, (int)response.StatusCode);
        Assert.True((bool)answer["status"]!["allowed"]!);
        Assert.Equal("exec", (string?)answer["spec"]!["resourceAttributes"]!["subresource"]);
    }

    [Fact]
    public async Task ListsTheRulesOfANamespace()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(s_dev);
        using HttpClient client = server.ClientFor("t");
        JsonObject here = await StatusAsync(client, RulesReviews, """{"spec":{"namespace":"default"}}""");
        Assert.Equal("pods/exec", (string?)here["resourceRules"]![0]!["resources"]![0]);
        JsonObject there = await StatusAsync(client, RulesReviews, """{"spec":{"namespace":"other"}}""");
        Assert.DoesNotContain("pods/exec", there.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysWhoAsks()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(s_dev);
        using HttpClient client = server.ClientFor("t");
        JsonNode info = (await StatusAsync(client, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}"))["userInfo"]!;
        Assert.Equal("dev", (string?)info["username"]);
        Assert.Equal(["devs", "system:authenticated"], info["groups"]!.AsArray().Select(group => (string?)group));
    }

    [Theory]
    [InlineData("application/json", "{", 400, "BadRequest")]
    [InlineData("application/json", "[]", 400, "BadRequest")]
    [InlineData("application/json", "{}", 422, "Invalid")]
    [InlineData("application/vnd.kubernetes.protobuf", "k8s", 400, "BadRequest")]
    [InlineData("application/vnd.kubernetes.protobuf", "k8s\0\u0012\u0009\u0012", 400, "BadRequest")]
    [InlineData("application/vnd.kubernetes.protobuf", "k8s\0\u0017", 400, "BadRequest")]
    [InlineData("application/yaml", "spec: {}", 415, "UnsupportedMediaType")]
    public async Task RefusesWhatItCannotRead(string type, string body, int code, string reason)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpResponseMessage response = await PostAsync(server.Client, AccessReviews, body, type);
        JsonObject status = await PodsApiServer.ReadAsync(response);
        Assert.Equal((code, reason), ((int)response.StatusCode, (string?)status["reason"]));
    }

    [Fact]
    public async Task RefusesABodyThatIsTooLarge()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpResponseMessage response = await PostAsync(server.Client, AccessReviews, "{\"spec\":\"" + new string('x', 100_000) + "\"}");
        Assert.Equal("RequestEntityTooLarge", (string?)(await PodsApiServer.ReadAsync(response))["reason"]);
        Assert.Equal(413, (int)response.StatusCode);
    }
}
