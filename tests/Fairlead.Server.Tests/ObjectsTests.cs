using System.Text.Json.Nodes;

namespace Fairlead.Server.Tests;

public class ObjectsTests
{
    const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

    static string?[] Names(JsonObject list) => [.. list["items"]!.AsArray().Select(item => (string?)item!["metadata"]!["name"])];

    [Theory]
    [InlineData("/api/v1/namespaces/default/pods", "demo pair")]
    [InlineData("/api/v1/namespaces/nowhere/pods", "")]
    [InlineData("/api/v1/pods?limit=500", "demo pair away")]
    [InlineData("/api/v1/pods?fieldSelector=metadata.name%3Daway", "away")]
    [InlineData("/api/v1/pods?fieldSelector=metadata.namespace!%3Dother,status.phase%3DRunning", "demo pair")]
    [InlineData("/api/v1/pods?fieldSelector=status.phase%3DPending", "")]
    [InlineData("/api/v1/pods?labelSelector=app%20in%20(demo,away)", "demo away")]
    [InlineData("/api/v1/namespaces/default/pods?labelSelector=app!%3Ddemo", "pair")]
    [InlineData("/api/v1/namespaces", "default other")]
    [InlineData("/api/v1/services", "")]
    public async Task Lists(string path, string names)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        JsonObject list = await server.GetAsync(path);
        Assert.Equal(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), Names(list));
        Assert.EndsWith("List", (string?)list["kind"], StringComparison.Ordinal);
        Assert.Equal("103", (string?)list["metadata"]!["resourceVersion"]);
    }

    [Theory]
    [InlineData("services", "/api/v1", "ServiceList", "v1")]
    [InlineData("deployments", "/apis/apps/v1", "DeploymentList", "apps/v1")]
    [InlineData("replicasets", "/apis/apps/v1", "ReplicaSetList", "apps/v1")]
    [InlineData("statefulsets", "/apis/apps/v1", "StatefulSetList", "apps/v1")]
    [InlineData("daemonsets", "/apis/apps/v1", "DaemonSetList", "apps/v1")]
    [InlineData("jobs", "/apis/batch/v1", "JobList", "batch/v1")]
    public async Task ListsAndGetsOwnersWithTheirKind(string resource, string prefix, string kind, string version)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Catalog.Put(resource, """{"metadata":{"name":"web","namespace":"default"},"spec":{"note":"a<b"}}""");
        JsonObject list = await server.GetAsync($"{prefix}/namespaces/default/{resource}");
        Assert.Equal(kind, (string?)list["kind"]);
        Assert.Equal(version, (string?)list["apiVersion"]);
        Assert.Equal(["web"], Names(list));
        JsonObject item = await server.GetAsync($"{prefix}/namespaces/default/{resource}/web");
        Assert.Equal(kind, (string?)item["kind"] + "List");
        Assert.Equal(version, (string?)item["apiVersion"]);
        Assert.Equal("a<b", (string?)item["spec"]!["note"]);
        string qualified = version.Contains('/') ? $"{resource}.{version.Split('/')[0]}" : resource;
        await server.AssertRefusedAsync($"{prefix}/namespaces/default/{resource}/none", 404, "NotFound", $"{qualified} \"none\" not found");
    }

    [Fact]
    public async Task GetsOneObject()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        JsonObject pod = await server.GetAsync("/api/v1/namespaces/default/pods/demo");
        Assert.Equal("Pod", (string?)pod["kind"]);
        Assert.Equal("shell", (string?)pod["spec"]!["containers"]![0]!["name"]);
        Assert.Equal("Active", (string?)(await server.GetAsync("/api/v1/namespaces/other"))["status"]!["phase"]);

        JsonObject status = await server.AssertRefusedAsync("/api/v1/namespaces/other/pods/demo", 404, "NotFound", "pods \"demo\" not found");
        Assert.Equal("demo", (string?)status["details"]!["name"]);
        Assert.Equal("pods", (string?)status["details"]!["kind"]);
        await server.AssertRefusedAsync("/api/v1/namespaces/none", 404, "NotFound", "namespaces \"none\" not found");
    }

    [Fact]
    public async Task PodsAsTable()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        JsonObject ended = PodsApiServer.Pod("default", "ended", "a", "b");
        ended["status"]!["containerStatuses"]![0]!["state"] = JsonNode.Parse("""{"terminated":{"exitCode":3}}""");
        ended["status"]!["containerStatuses"]![0]!["restartCount"] = 2;
        ended["status"]!["containerStatuses"]![1]!["state"] = JsonNode.Parse("""{"terminated":{"reason":"Completed","exitCode":0}}""");
        server.Catalog.Put("pods", ended);

        JsonObject table = await server.GetAsync("/api/v1/namespaces/default/pods", Table);
        Assert.Equal("Table", (string?)table["kind"]);
        Assert.Equal("meta.k8s.io/v1", (string?)table["apiVersion"]);
        JsonArray columns = table["columnDefinitions"]!.AsArray();
        Assert.Equal(
            ["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"],
            columns.Select(column => (string?)column!["name"]));
        Assert.Equal([0, 0, 0, 0, 0, 1, 1, 1, 1], columns.Select(column => (int)column!["priority"]!));
        string?[] demo = [.. table["rows"]![0]!["cells"]!.AsArray().Select(cell => (string?)cell)];
        Assert.Equal(["demo", "1/1", "Running", "0"], demo[..4]);
        Assert.Equal(["127.0.0.1", "node-1", "<none>", "<none>"], demo[5..]);
        Assert.Equal(["ended", "0/2", "ExitCode:3", "2"], table["rows"]![2]!["cells"]!.AsArray().Select(cell => (string?)cell).Take(4));
        Assert.Equal("PartialObjectMetadata", (string?)table["rows"]![0]!["object"]!["kind"]);
        Assert.Equal("demo", (string?)table["rows"]![0]!["object"]!["metadata"]!["name"]);
    }

    [Fact]
    public async Task TableOfOneObjectInTheVersionAndDetailAskedFor()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        const string old = "application/json;as=Table;v=v1beta1;g=meta.k8s.io";
        JsonObject table = await server.GetAsync("/api/v1/namespaces/default/pods/demo?includeObject=Object", old);
        Assert.Equal("meta.k8s.io/v1beta1", (string?)table["apiVersion"]);
        Assert.Equal("shell", (string?)table["rows"]![0]!["object"]!["spec"]!["containers"]![0]!["name"]);
        table = await server.GetAsync("/api/v1/namespaces?includeObject=None", old);
        Assert.Null(table["rows"]![0]!["object"]);
    }

    [Theory]
    [InlineData("application/vnd.kubernetes.protobuf,application/json", "PodList")]
    [InlineData("application/yaml, */*", "PodList")]
    public async Task TheFirstFormThatIsOfferedIsGiven(string accept, string kind)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        Assert.Equal(kind, (string?)(await server.GetAsync("/api/v1/pods", accept))["kind"]);
    }

    [Fact]
    public async Task WhatCannotBeWrittenIsNotAcceptable()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Client.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "application/vnd.kubernetes.protobuf");
        await server.AssertRefusedAsync("/api/v1/pods", 406, "NotAcceptable", "only the following media types are accepted: application/json");
    }

    [Theory]
    [InlineData("fieldSelector=spec.containers%3Dx", "field label not supported: spec.containers")]
    [InlineData("fieldSelector=nonsense", "invalid field selector: nonsense; it should look like name=value or name!=value")]
    [InlineData("labelSelector=%3Dx", "unable to parse requirement: \"=x\"")]
    public async Task UnreadableSelectorsAreRefused(string query, string message)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        await server.AssertRefusedAsync("/api/v1/pods?" + query, 400, "BadRequest", message);
    }
}
