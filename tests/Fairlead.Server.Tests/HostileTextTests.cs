using System.Text.Json.Nodes;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Server.Tests;

/// <summary>What a runtime or a caller says goes to other people's terminals through the server: as a Status or a log line.</summary>
[Trait("Case", "B6")]
public sealed class HostileTextTests
{
    [Fact]
    public async Task A_refusal_that_quotes_a_callers_names_and_the_log_of_it()
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        string name = Uri.EscapeDataString(HostileText.All);
        foreach (string path in (string[])[$"/api/v1/namespaces/default/pods/{name}", $"/api/v1/namespaces/default/pods/demo/log?container={name}"])
        {
            using HttpResponseMessage refused = await server.Client.GetAsync(path, TestContext.Current.CancellationToken);
            string body = await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            HostileText.RequireShown((string)JsonNode.Parse(body)!["message"]!);
        }

        string[] told = [.. server.Logged.Entries.Select(entry => entry.Text).Where(text => text.Contains(" refused with ", StringComparison.Ordinal))];
        Assert.Equal(2, told.Length);
        HostileText.RequireShown(told[0]); // what the web server itself tells is for the log's output to make fit
        Assert.Contains("container [withheld] is not valid", told[1], StringComparison.Ordinal); // a query's values are in no log
    }

    [Theory]
    [InlineData("thrown")]
    [InlineData("answered")]
    public async Task A_status_that_quotes_the_runtime(string how)
    {
        await using PodsApiServer server = await PodsApiServer.StartAsync();
        server.Demo.Run = how == "thrown"
            ? static _ => throw new IOException(HostileText.All)
            : static _ => Task.FromResult(new Status { Result = Status.FailureResult, Message = HostileText.All, Reason = HostileText.All });
        await using RawWebSocket session = await RawWebSocket.ConnectAsync(
            new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, server.Plain.Port), "/api/v1/namespaces/default/pods/demo/exec?command=ls&stdout=1",
            "v5.channel.k8s.io", headers: ["Authorization: Bearer " + PodsApiServer.AdminToken], cancellationToken: TestContext.Current.CancellationToken);
        foreach (RawFrame frame in await session.ReadToCloseAsync(TestContext.Current.CancellationToken))
        {
            if (frame.Payload is not [3, .. var json]) continue;
            HostileText.RequireShown((string)JsonNode.Parse(json)!["message"]!);
            HostileText.RequireFit((string)JsonNode.Parse(json)!["reason"]!);
            return;
        }

        Assert.Fail("no status came");
    }
}
