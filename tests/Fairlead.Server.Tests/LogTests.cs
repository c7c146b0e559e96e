using System.Text.Json.Nodes;
using Fairlead.Wire;

namespace Fairlead.Server.Tests;

public class LogTests
{
    const string Demo = "/api/v1/namespaces/default/pods/demo/log";

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GivesTheLogOfTheOnlyContainer()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        using HttpResponseMessage response = await server.Client.GetAsync(Demo, Stop);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("a line\n", await response.Content.ReadAsStringAsync(Stop));
        Assert.Equal(new ContainerLogQuery(), server.Demo.LogAsked);
    }

    [Fact]
    public async Task PassesOnWhatIsAskedFor()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        await server.Client.GetStringAsync("/api/v1/namespaces/default/pods/pair/log?container=b&tailLines=5&sinceTime=2026-01-02T03:04:05Z&timestamps=true&limitBytes=10", Stop);
        Assert.Equal(
            new ContainerLogQuery { TailLines = 5, Since = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), Timestamps = true, LimitBytes = 10 },
            server.Runtime.Containers[new("default", "pair", "b")].LogAsked);

        DateTimeOffset before = DateTimeOffset.UtcNow;
        await server.Client.GetStringAsync(Demo + "?sinceSeconds=60&tailLines=0&timestamps=False", Stop);
        Assert.Equal(0, server.Demo.LogAsked!.TailLines);
        Assert.False(server.Demo.LogAsked.Timestamps);
        Assert.InRange(server.Demo.LogAsked.Since!.Value, before.AddSeconds(-60), DateTimeOffset.UtcNow.AddSeconds(-60));
    }

    [Fact]
    public async Task FollowsUntilTheServerStops()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        TaskCompletionSource more = new();
        server.Demo.Log = async (_, output, cancellationToken) =>
        {
            await more.Task.WaitAsync(cancellationToken);
            await output.WriteAsync("later\n"u8.ToArray(), cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        };

        // Headers come although nothing was written yet.
        using HttpResponseMessage response = await server.Client.GetAsync(Demo + "?follow=true", HttpCompletionOption.ResponseHeadersRead, Stop);
        Assert.True(response.IsSuccessStatusCode);
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync(Stop));
        more.SetResult();
        Assert.Equal("later", await lines.ReadLineAsync(Stop));
        Task stopped = server.StopAsync();
        Assert.Null(await lines.ReadLineAsync(Stop));
        await stopped;
        Assert.DoesNotContain(server.Logged.Entries, entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Fact]
    public async Task FollowingEndsWhenTheClientLeaves()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        TaskCompletionSource ended = new();
        server.Demo.Log = async (_, _, cancellationToken) =>
        {
            using CancellationTokenRegistration end = cancellationToken.Register(() => ended.TrySetResult());
            await Task.Delay(Timeout.Infinite, cancellationToken);
        };
        using (await server.Client.GetAsync(Demo + "?follow=true", HttpCompletionOption.ResponseHeadersRead, Stop))
        {
        }

        await ended.Task.WaitAsync(Stop);
    }

    [Theory]
    [InlineData("/api/v1/namespaces/default/pods/none/log", 404, "NotFound", "pods \"none\" not found")]
    [InlineData("/api/v1/namespaces/default/pods/pair/log", 400, "BadRequest", "a container name must be specified for pod pair, choose one of: [a b]")]
    [InlineData(Demo + "?container=x", 400, "BadRequest", "container x is not valid for pod demo")]
    [InlineData(Demo + "?previous=true", 400, "BadRequest", "previous terminated container \"shell\" in pod \"demo\" not found")]
    [InlineData(Demo + "?tailLines=x", 400, "BadRequest", "the query parameter tailLines is no whole number: \"x\"")]
    [InlineData(Demo + "?sinceTime=x", 400, "BadRequest", "the query parameter sinceTime is no RFC 3339 time: \"x\"")]
    [InlineData(Demo + "?tailLines=-1", 422, "Invalid", "PodLogOptions \"demo\" is invalid: tailLines: must be greater than or equal to 0")]
    [InlineData(Demo + "?limitBytes=0", 422, "Invalid", "PodLogOptions \"demo\" is invalid: limitBytes: must be greater than 0")]
    [InlineData(Demo + "?sinceSeconds=0", 422, "Invalid", "PodLogOptions \"demo\" is invalid: sinceSeconds: must be greater than 0")]
    [InlineData(Demo + "?sinceSeconds=1&sinceTime=2026-01-02T03:04:05Z", 422, "Invalid",
        "PodLogOptions \"demo\" is invalid: sinceTime: at most one of `sinceTime` or `sinceSeconds` may be specified")]
    public async Task RefusesInWords(string path, int code, string reason, string message)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        await server.AssertRefusedAsync(path, code, reason, message);
    }

    [Fact]
    public async Task ContainerThatWaitsHasNoLog()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        JsonObject pod = PodsApiServer.Pod("default", "demo", "shell");
        pod["status"]!["containerStatuses"]![0]!["state"] = JsonNode.Parse("""{"waiting":{"reason":"ContainerCreating"}}""");
        server.Catalog.Put("pods", pod);
        await server.AssertRefusedAsync(Demo, 400, "BadRequest", "container \"shell\" in pod \"demo\" is waiting to start: ContainerCreating");
    }

    [Fact]
    public async Task FailureOfTheRuntimeIsAnInternalError()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Log = (_, _, _) => throw new IOException("disk gone");
        await server.AssertRefusedAsync(Demo, 500, "InternalError", "Internal error occurred: disk gone");
        Assert.Contains(server.Logged.Entries, entry => entry.Failure is WithheldException { Kind: nameof(IOException) });
    }

    [Fact]
    public async Task FailureInTheMiddleCutsTheAnswer()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Log = async (_, output, cancellationToken) =>
        {
            await output.WriteAsync("half"u8.ToArray(), cancellationToken);
            throw new IOException("disk gone");
        };
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Client.GetStringAsync(Demo, Stop));
    }
}
