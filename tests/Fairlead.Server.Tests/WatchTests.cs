using System.Text.Json.Nodes;
using Fairlead.Wire;

namespace Fairlead.Server.Tests;

public class WatchTests
{
    static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A watch that a test reads event by event.</summary>
    sealed class Watching(HttpResponseMessage response, StreamReader lines) : IDisposable
    {
        public static async Task<Watching> OpenAsync(PodsApiServer server, string query, string? accept = null)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/api/v1/namespaces/default/pods?watch=true&" + query);
            if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
            HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
            Assert.Equal(200, (int)response.StatusCode);
            return new Watching(response, new StreamReader(await response.Content.ReadAsStreamAsync(Stop)));
        }

        /// <summary>The next event; null at a clean end.</summary>
        public async Task<(string Type, JsonObject Object)?> NextAsync()
        {
            string? line = await lines.ReadLineAsync(Stop);
            if (line is null) return null;
            JsonObject next = JsonNode.Parse(line)!.AsObject();
            return ((string)next["type"]!, next["object"]!.AsObject());
        }

        public async Task<string> NextTextAsync() => await NextAsync() is { } next ? $"{next.Type} {(string?)next.Object["metadata"]!["name"]}" : "end";

        public void Dispose()
        {
            lines.Dispose();
            response.Dispose();
        }
    }

    static JsonObject Changed(string name, string app)
    {
        JsonObject pod = PodsApiServer.Pod("default", name, "shell");
        pod["metadata"]!["labels"]!["app"] = app;
        return pod;
    }

    [Fact]
    public async Task WithoutAVersionBeginsWithWhatThereIs()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Watching watch = await Watching.OpenAsync(server, "");
        Assert.Equal("ADDED demo", await watch.NextTextAsync());
        Assert.Equal("ADDED pair", await watch.NextTextAsync());
        server.Catalog.Put("pods", PodsApiServer.Pod("other", "unseen", "c"));
        server.Catalog.Put("pods", Changed("demo", "x"));
        (string type, JsonObject pod) = (await watch.NextAsync())!.Value;
        Assert.Equal("MODIFIED", type);
        Assert.Equal("Pod", (string?)pod["kind"]);
        Assert.Equal("x", (string?)pod["metadata"]!["labels"]!["app"]);
        server.Catalog.Remove("pods", "pair");
        Assert.Equal("DELETED pair", await watch.NextTextAsync());
    }

    [Fact]
    public async Task FromAVersionGivesOnlyWhatCameAfter()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        string? version = (string?)(await server.GetAsync("/api/v1/namespaces/default/pods"))["metadata"]!["resourceVersion"];
        server.Catalog.Put("pods", Changed("new", "x"));
        using Watching watch = await Watching.OpenAsync(server, "resourceVersion=" + version);
        Assert.Equal("ADDED new", await watch.NextTextAsync());
    }

    [Fact]
    public async Task ObjectsEnterAndLeaveByTheSelector()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        string? version = (string?)(await server.GetAsync("/api/v1/pods"))["metadata"]!["resourceVersion"];
        using Watching watch = await Watching.OpenAsync(server, $"labelSelector=app%3Dpair&resourceVersion={version}");
        server.Catalog.Put("pods", Changed("demo", "y"));
        server.Catalog.Put("pods", Changed("demo", "pair"));
        Assert.Equal("ADDED demo", await watch.NextTextAsync());
        server.Catalog.Put("pods", Changed("pair", "gone"));
        Assert.Equal("DELETED pair", await watch.NextTextAsync());
        server.Catalog.Put("pods", Changed("pair", "gone"));
        server.Catalog.Put("pods", Changed("demo", "pair"));
        Assert.Equal("MODIFIED demo", await watch.NextTextAsync());
        server.Catalog.Remove("pods", "demo");
        Assert.Equal("DELETED demo", await watch.NextTextAsync());
    }

    [Fact]
    public async Task SaysWhenTheInitialObjectsAreComplete()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Watching watch = await Watching.OpenAsync(server, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3Ddemo");
        Assert.Equal("ADDED demo", await watch.NextTextAsync());
        (string type, JsonObject mark) = (await watch.NextAsync())!.Value;
        Assert.Equal("BOOKMARK", type);
        Assert.Equal("true", (string?)mark["metadata"]!["annotations"]!["k8s.io/initial-events-end"]);
        Assert.Equal("103", (string?)mark["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task TablesNameTheirColumnsOnce()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Watching watch = await Watching.OpenAsync(server, "", "application/json;as=Table;v=v1;g=meta.k8s.io");
        JsonObject first = (await watch.NextAsync())!.Value.Object, second = (await watch.NextAsync())!.Value.Object;
        Assert.Equal("Table", (string?)first["kind"]);
        Assert.Equal("demo", (string?)first["rows"]![0]!["cells"]![0]);
        Assert.NotEmpty(first["columnDefinitions"]!.AsArray());
        Assert.Empty(second["columnDefinitions"]!.AsArray());
    }

    [Fact]
    public async Task EndsCleanlyWhenItsTimeIsOver()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Watching watch = await Watching.OpenAsync(server, "timeoutSeconds=1&resourceVersion=103");
        Assert.Null(await watch.NextAsync());
        Assert.DoesNotContain(server.Logged.Entries, entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Fact]
    public async Task EndsCleanlyWhenTheServerStops()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using Watching watch = await Watching.OpenAsync(server, "resourceVersion=103");
        Task stopped = server.StopAsync();
        Assert.Null(await watch.NextAsync());
        await stopped;
    }

    [Fact]
    public async Task LeavesNothingWhenTheClientLeaves()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using (Watching watch = await Watching.OpenAsync(server, ""))
        {
            await watch.NextAsync();
            await server.Catalog.WatchBegan.WaitAsync(Stop);
        }

        await server.Catalog.WatchEnded.WaitAsync(Stop);
        Assert.DoesNotContain(server.Logged.Entries, entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Fact]
    public async Task FailureOfTheCatalogIsAnErrorEvent()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Catalog.WatchFailure = new InvalidOperationException("it broke");
        using Watching watch = await Watching.OpenAsync(server, "resourceVersion=103");
        (string type, JsonObject status) = (await watch.NextAsync())!.Value;
        Assert.Equal("ERROR", type);
        Assert.Equal("Internal error occurred: it broke", (string?)status["message"]);
        Assert.Null(await watch.NextAsync());
        Assert.Contains(server.Logged.Entries, entry => entry.Failure is WithheldException { Kind: nameof(InvalidOperationException) });
    }

    [Fact]
    public async Task VersionThatIsNoNumberIsRefused()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        await server.AssertRefusedAsync("/api/v1/pods?watch=1&resourceVersion=x", 400, "BadRequest", "the query parameter resourceVersion is no whole number: \"x\"");
    }
}
