using System.Net;
using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests;

public class ServerInformationTests
{
    const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

    [Fact]
    public async Task SaysItsVersionAndHealth()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        JsonObject version = await server.GetAsync("/version");
        Assert.StartsWith("v1.", (string?)version["gitVersion"], StringComparison.Ordinal);
        Assert.Equal("1", (string?)version["major"]);
        foreach (string path in new[] { "/healthz", "/livez", "/readyz" })
            Assert.Equal("ok", await server.Client.GetStringAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LegacyDiscoveryNamesGroupsAndResources()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        Assert.Equal("v1", (string?)(await server.GetAsync("/api"))["versions"]![0]);
        JsonObject groups = await server.GetAsync("/apis", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json");
        Assert.Equal("APIGroupList", (string?)groups["kind"]);
        Assert.Equal(["apps", "batch", "authentication.k8s.io", "authorization.k8s.io"], groups["groups"]!.AsArray().Select(group => (string?)group!["name"]));
        Assert.Equal("apps/v1", (string?)(await server.GetAsync("/apis/apps"))["preferredVersion"]!["groupVersion"]);

        JsonObject core = await server.GetAsync("/api/v1");
        Assert.Equal("APIResourceList", (string?)core["kind"]);
        JsonNode exec = core["resources"]!.AsArray().Single(resource => (string?)resource!["name"] == "pods/exec")!;
        Assert.Equal(["create", "get"], exec["verbs"]!.AsArray().Select(verb => (string?)verb));
        Assert.Contains((await server.GetAsync("/apis/apps/v1"))["resources"]!.AsArray(), resource => (string?)resource!["kind"] == "Deployment");
        Assert.Contains((await server.GetAsync("/apis/batch/v1"))["resources"]!.AsArray(), resource => (string?)resource!["kind"] == "Job");
        Assert.Contains((await server.GetAsync("/apis/authorization.k8s.io/v1"))["resources"]!.AsArray(), resource => (string?)resource!["kind"] == "SelfSubjectAccessReview");
    }

    [Theory]
    [InlineData("/api", "pods")]
    [InlineData("/apis", "deployments")]
    public async Task AggregatedDiscoveryHoldsEverything(string path, string resource)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", Aggregated);
        using HttpResponseMessage response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("application/json; g=apidiscovery.k8s.io; v=v2; as=APIGroupDiscoveryList", response.Content.Headers.ContentType!.ToString());
        JsonObject list = await PodsApiServer.ReadAsync(response);
        Assert.Equal("APIGroupDiscoveryList", (string?)list["kind"]);
        Assert.Contains(list["items"]![0]!["versions"]![0]!["resources"]!.AsArray(), entry => (string?)entry!["resource"] == resource);
    }

    [Theory]
    [InlineData("/openapi/v2")]
    [InlineData("/openapi/v3")]
    [InlineData("/")]
    [InlineData("/apis/none")]
    [InlineData("/apis/apps/v2")]
    [InlineData("/apis/apps/v2/deployments")]
    [InlineData("/api/v1/secrets")]
    [InlineData("/api/v1/namespaces/default/pods/demo/proxy")]
    [InlineData("/api/v1/namespaces/default/namespaces/x")]
    [InlineData("/api/v1/pods/demo")]
    public async Task WhatIsNotOfferedIsNotFound(string path)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        JsonObject status = await server.AssertRefusedAsync(path, 404, "NotFound", "the server could not find the requested resource");
        Assert.Empty(status["details"]!.AsObject());
    }

    [Theory]
    [InlineData("POST", "/version")]
    [InlineData("DELETE", "/apis")]
    [InlineData("DELETE", "/api/v1/namespaces/default/pods/demo")]
    [InlineData("POST", "/api/v1/namespaces/default/pods")]
    [InlineData("PATCH", "/apis/apps/v1/namespaces/default/deployments/web")]
    [InlineData("PUT", "/api/v1/namespaces/default/pods/demo/exec")]
    [InlineData("POST", "/api/v1/namespaces/default/pods/demo/log")]
    [InlineData("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")]
    [InlineData("GET", "/api/v1/services?watch=true")]
    public async Task WhatCannotBeDoneIsNotAllowed(string method, string path)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        JsonObject status = await PodsApiServer.AssertRefusedAsync(
            server.Client, new HttpMethod(method), path, 405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
        Assert.Empty(status["details"]!.AsObject());
    }

    [Fact]
    public async Task DoesNotNameItsSoftware()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpResponseMessage response = await server.Client.GetAsync("/version", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(response.Headers.Server);
    }
}
