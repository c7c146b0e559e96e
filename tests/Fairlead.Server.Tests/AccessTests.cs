using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Server.Access;

namespace Fairlead.Server.Tests;

public class AccessTests
{
    const string Pods = "/api/v1/namespaces/default/pods";

    static ApiUser User(string token, params ApiRule[] rules) => new() { Name = "dev", Token = token, Groups = ["devs"], Rules = rules };

    static ApiRule Rule(string verbs, string resources, params string[] namespaces) =>
        new() { Verbs = verbs.Split(' '), Resources = resources.Split(' '), Namespaces = namespaces };

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Bearer admin-secret-toke")]
    [InlineData("Basic YWRtaW46eA==")]
    public async Task WhoIsNotKnownIsRefusedEverything(string? authorization)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpClient client = server.ClientFor(null);
        if (authorization is not null) client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        foreach (string path in new[] { "/version", "/healthz", "/api", Pods, Pods + "/demo/exec?command=id&stdout=true", "/nothing" })
            await PodsApiServer.AssertRefusedAsync(client, HttpMethod.Get, path, 401, "Unauthorized", "Unauthorized");
        Assert.DoesNotContain(server.Logged.Entries, entry => entry.Text.Contains("wrong", StringComparison.Ordinal) || entry.Text.Contains("admin-secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SchemeIsReadInAnyCase()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpClient client = server.ClientFor(null);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("bearer", PodsApiServer.AdminToken);
        Assert.Equal("ok", await client.GetStringAsync("/healthz", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task BrowserMayOfferItsTokenNextToASubprotocol()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpClient client = server.ClientFor(null);
        string token = "base64url.bearer.authorization.k8s.io." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(PodsApiServer.AdminToken));
        Assert.Equal("OK", await CodeAsync(token + ", v4.channel.k8s.io"));
        Assert.Equal("Unauthorized", await CodeAsync(token));
        Assert.Equal("Unauthorized", await CodeAsync("base64url.bearer.authorization.k8s.io.***, v4.channel.k8s.io"));

        async Task<string> CodeAsync(string offered)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/healthz");
            request.Headers.Add("Sec-WebSocket-Protocol", offered);
            using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode.ToString();
        }
    }

    [Theory]
    [InlineData("GET", Pods + "/demo", "pods", "demo", "pods \"demo\" is forbidden: User \"dev\" cannot get resource \"pods\" in API group \"\" in the namespace \"default\"")]
    [InlineData("GET", Pods, "pods", null, "pods is forbidden: User \"dev\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"")]
    [InlineData("GET", Pods + "?watch=1", "pods", null, "pods is forbidden: User \"dev\" cannot watch resource \"pods\" in API group \"\" in the namespace \"default\"")]
    [InlineData("GET", "/api/v1/pods", "pods", null, "pods is forbidden: User \"dev\" cannot list resource \"pods\" in API group \"\" at the cluster scope")]
    [InlineData("DELETE", Pods + "/demo", "pods", "demo", "pods \"demo\" is forbidden: User \"dev\" cannot delete resource \"pods\" in API group \"\" in the namespace \"default\"")]
    [InlineData("GET", "/apis/apps/v1/namespaces/x/deployments/web", "deployments", "web",
        "deployments.apps \"web\" is forbidden: User \"dev\" cannot get resource \"deployments\" in API group \"apps\" in the namespace \"x\"")]
    [InlineData("GET", Pods + "/demo/exec?command=id&stdout=1", "pods", "demo",
        "pods \"demo\" is forbidden: User \"dev\" cannot get resource \"pods/exec\" in API group \"\" in the namespace \"default\"")]
    [InlineData("POST", Pods + "/demo/attach?stdout=1", "pods", "demo",
        "pods \"demo\" is forbidden: User \"dev\" cannot create resource \"pods/attach\" in API group \"\" in the namespace \"default\"")]
    public async Task WithoutARuleEverythingIsForbidden(string method, string path, string kind, string? name, string message)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(User("t"));
        using HttpClient client = server.ClientFor("t");
        JsonObject status = await PodsApiServer.AssertRefusedAsync(client, new HttpMethod(method), path, 403, "Forbidden", message);
        Assert.Equal(kind, (string?)status["details"]!["kind"]);
        Assert.Equal(name, (string?)status["details"]!["name"]);
    }

    [Fact]
    public async Task RulesHoldForTheirVerbsResourcesAndNamespaces()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(User("t", Rule("get", "pods", "default"), Rule("list", "*/log *"), Rule("get", "namespaces", "other")));
        using HttpClient client = server.ClientFor("t");
        Assert.Equal(200, await CodeAsync(Pods + "/demo"));
        Assert.Equal(403, await CodeAsync("/api/v1/namespaces/other/pods/away"));
        Assert.Equal(403, await CodeAsync(Pods + "/demo/log"));
        Assert.Equal(200, await CodeAsync("/api/v1/pods"));
        Assert.Equal(200, await CodeAsync("/api/v1/namespaces/other"));
        Assert.Equal(403, await CodeAsync("/api/v1/namespaces/default"));

        async Task<int> CodeAsync(string path)
        {
            using HttpResponseMessage response = await client.GetAsync(path, TestContext.Current.CancellationToken);
            return (int)response.StatusCode;
        }
    }

    [Theory]
    [InlineData("get", "GET", 403, "create")]
    [InlineData("create", "GET", 403, "get")]
    [InlineData("create get", "GET", 400, null)]
    [InlineData("create", "POST", 400, null)]
    [InlineData("get", "POST", 403, "create")]
    public async Task StreamingByGetNeedsGetAndCreate(string verbs, string method, int code, string? missing)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(User("t", Rule(verbs, "*/exec")));
        using HttpClient client = server.ClientFor("t");
        await PodsApiServer.AssertRefusedAsync(
            client, new HttpMethod(method), Pods + "/demo/exec?command=id&stdout=true", code, code == 403 ? "Forbidden" : "BadRequest",
            missing is null ? "Upgrade request required" : $"pods \"demo\" is forbidden: User \"dev\" cannot {missing} resource \"pods/exec\" in API group \"\" in the namespace \"default\"");
    }

    [Theory]
    [InlineData("get", 403, "create")]
    [InlineData("create", 403, "get")]
    [InlineData("list", 403, "get")]
    [InlineData("create get", 101, null)]
    [Trait("Case", "C9")]
    public async Task StreamingByExtendedConnectNeedsGetAndCreateToo(string verbs, int code, string? missing)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync(User("t", Rule(verbs, "*/exec")));
        using HttpResponseMessage answer = await server.ConnectAsync(Pods + "/demo/exec?command=id&stdout=true", "t");
        if (missing is null) Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        else await PodsApiServer.AssertRefusedAsync(answer, code, "Forbidden",
            $"pods \"demo\" is forbidden: User \"dev\" cannot {missing} resource \"pods/exec\" in API group \"\" in the namespace \"default\"");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    [InlineData("admin-secret-toke")]
    [Trait("Case", "C9")]
    public async Task WhoIsNotKnownIsRefusedByExtendedConnectToo(string? token)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpResponseMessage answer = await server.ConnectAsync(Pods + "/demo/exec?command=id&stdout=true", token);
        await PodsApiServer.AssertRefusedAsync(answer, 401, "Unauthorized", "Unauthorized");
        Assert.Null(server.Demo.Asked);
    }

    [Fact]
    [Trait("Case", "C9")]
    public async Task BrowserMayOfferItsTokenByExtendedConnectToo()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        string token = "base64url.bearer.authorization.k8s.io." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(PodsApiServer.AdminToken));
        using HttpResponseMessage answer = await server.ConnectAsync(Pods + "/demo/exec?command=id&stdout=true", null, token + ", v4.channel.k8s.io");
        Assert.Equal((System.Net.HttpStatusCode.OK, "v4.channel.k8s.io"), (answer.StatusCode, Assert.Single(answer.Headers.GetValues("Sec-WebSocket-Protocol"))));
        using HttpResponseMessage alone = await server.ConnectAsync(Pods + "/demo/exec?command=id&stdout=true", null, token);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, alone.StatusCode);
    }

    [Theory]
    [InlineData("Impersonate-User", "users \"bob\" is forbidden: User \"admin\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope")]
    [InlineData("impersonate-group", "groups \"bob\" is forbidden: User \"admin\" cannot impersonate resource \"groups\" in API group \"\" at the cluster scope")]
    public async Task NobodyMayActAsSomebodyElse(string header, string message)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Client.DefaultRequestHeaders.Add(header, "bob");
        await server.AssertRefusedAsync(Pods, 403, "Forbidden", message);
    }
}
