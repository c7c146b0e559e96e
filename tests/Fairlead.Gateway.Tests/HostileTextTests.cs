using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Client;
using Fairlead.Client.Tests;
using Fairlead.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>What a server or a caller says goes to other people's terminals through the gateway: as a Status, a log line, an audit line.</summary>
[Trait("Case", "B6")]
public sealed class HostileTextTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_refusal_of_the_server_behind(bool isStatus)
    {
        string said = HostileText.Json(HostileText.All);
        string body = isStatus ? $$"""{"kind":"Status","status":"Failure","message":{{said}},"reason":{{said}},"code":403}""" : HostileText.All;
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Other = context => RecordingUpstream.JsonAsync(context, 403, body);
        foreach (string target in (string[])[GatewayPair.Exec, "/api/v1/namespaces/ns/pods/p/portforward?ports=80"])
        {
            await using RawWebSocket refused = await pair.UpgradeAsync(target, subprotocols: null);
            JsonNode status = JsonNode.Parse(await refused.ReadBodyAsync(Ct))!;
            HostileText.RequireShown((string)status["message"]!);
            HostileText.RequireFit((string)status["reason"]!);
        }

        RequireFitTold(pair, isStatus ? HostileText.All : "Forbidden");
    }

    [Fact]
    public async Task A_path_and_a_command_of_a_caller()
    {
        string name = Uri.EscapeDataString(HostileText.All);
        await using GatewayPair pair = await GatewayPair.StartAsync(static (options, _) => options with { AuditCommand = AuditCommand.Full });
        await (await pair.UpgradeAsync($"/api/v1/namespaces/ns/pods/{name}/exec?command=ls")).DisposeAsync();
        Assert.Contains(pair.Logged.Entries, entry => entry.Text.Contains(HostileText.Shown, StringComparison.Ordinal));
        await (await pair.UpgradeAsync($"{GatewayPair.Exec}&command={name}&container={name}")).DisposeAsync();
        Assert.Contains(pair.Audit, record => (string?)JsonNode.Parse(record.ToJson())!["command"] == $"ls '{HostileText.All}'");
        RequireFitTold(pair, null);
    }

    [Theory]
    [InlineData("v5.channel.k8s.io")]
    [InlineData("v4.channel.k8s.io")]
    public async Task A_final_status_is_made_fit_where_it_is_translated_and_passed_on_as_it_is_where_not(string behind)
    {
        string status = $$"""{"status":"Failure", "message":{{HostileText.Json(HostileText.All)}},"reason":"Evil"}""";
        await using CannedServer server = new(request => CannedServer.Upgrade(request, behind)
            + "\u0082\u0001\u0001\u0082~" + (char)((status.Length + 1) >> 8) + (char)((status.Length + 1) & 0xFF) + "\u0003" + status + "\u0088\u0002\u0003\u00e8");
        await using GatewayPair pair = await GatewayPair.StartAsync((options, _) => options with
        {
            Upstream = new KubernetesEndpoint(server.Url, new SocketsHttpHandler { UseProxy = false }),
            UpstreamChecksCreate = true,
        });
        await using RawWebSocket session = await pair.UpgradeAsync(subprotocols: "v5.channel.k8s.io");
        if (session.StatusCode != 101) Assert.Fail(await session.ReadBodyAsync(Ct));
        string final = "";
        while (await session.ReadFrameAsync(Ct) is { } frame && frame.Opcode != 8)
        {
            if (frame.Payload is [3, .. var payload]) final += Encoding.UTF8.GetString(payload);
        }

        Assert.Equal(behind.StartsWith("v5", StringComparison.Ordinal), final == status);
        if (final != status) HostileText.RequireShown((string)JsonNode.Parse(final)!["message"]!);
    }

    /// <summary>A line of the audit is JSON, whose escapes are fit to show and give back what was said.</summary>
    static void RequireFitTold(GatewayPair pair, string? reason)
    {
        Assert.NotEmpty(pair.Audit);
        Assert.All(pair.Audit, record =>
        {
            Assert.All(record.ToJson(), c => Assert.InRange(c, ' ', '~'));
            if (reason is not null) Assert.Equal(reason, (string?)JsonNode.Parse(record.ToJson())!["reason"]);
        });
        Assert.All(pair.Logged.Entries, entry => HostileText.RequireFit(entry.Text));
        Assert.All(pair.Logged.Entries, entry => Assert.DoesNotContain('\n', entry.Text));
    }
}
