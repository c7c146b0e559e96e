using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Streaming;
using Fairlead.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>What a server or a caller says goes to other people's terminals through the gateway: as a Status, a log line, an audit line.</summary>
[Trait("Case", "B6")]
public sealed class HostileTextTests
{
    /// <summary>These clients and servers close nothing.</summary>
    static readonly CarrierLimits s_quick = CarrierLimits.Default with { Linger = TimeSpan.FromMilliseconds(300) };

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

    /// <summary>Version behind, and how the status comes: whole, byte by byte, cut into fragments with a ping between, in two messages, beside a second message.</summary>
    public static TheoryData<string, string> Statuses
    {
        get
        {
            TheoryData<string, string> statuses = [];
            foreach (string behind in (string[])["v5.channel.k8s.io", "v4.channel.k8s.io"])
            {
                foreach (string form in (string[])["whole", "fragments", "two messages", "two fields", "second status", "token"]) statuses.Add(behind, form);
            }

            return statuses;
        }
    }

    [Theory, MemberData(nameof(Statuses))]
    public async Task A_final_status_is_made_fit(string behind, string form)
    {
        const string token = "planted-token";
        string hostile = form is "token" ? $"you are {token}" : HostileText.All;
        string evil = $$"""{"status":"Failure", "message":{{HostileText.Json(hostile)}},"reason":"Evil"}""", fit = """{"status":"Failure", "message":"fit","reason":"Evil"}""";
        int half = evil.Length / 2;
        string frames = form switch
        {
            "fragments" => Frame(0x02, "\u0003" + evil[..half]) + "\u0089\u0000" + Frame(0x00, "") + Frame(0x80, evil[half..]),
            "two messages" => Frame(0x82, "\u0003" + evil[..half]) + Frame(0x82, "\u0001out") + Frame(0x82, "\u0003" + evil[half..]),
            "two fields" => Frame(0x82, "\u0003" + fit[..^1] + $",\"Message\":{HostileText.Json(HostileText.All)}" + "}"),
            "second status" => Frame(0x82, "\u0003" + fit) + Frame(0x82, "\u0003" + evil),
            _ => Frame(0x82, "\u0003" + evil),
        };
        await using GatewayPair pair = await InFrontOfAsync(behind, frames, out CannedServer server);
        await using CannedServer owned = server;
        string final = await FinalStatusAsync(pair, "Authorization: Bearer " + token);
        string said = (string)JsonNode.Parse(final)!["message"]!;
        HostileText.RequireFit(final);
        Assert.DoesNotContain("\\u00", final, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(token, final, StringComparison.Ordinal);
        if (form is "whole" or "fragments" or "two messages") HostileText.RequireShown(said);
        else if (form is "second status" && !behind.StartsWith("v5", StringComparison.Ordinal)) Assert.StartsWith("the session was lost", said, StringComparison.Ordinal);
        else Assert.Equal(form is "token" ? "you are [withheld]" : "fit", said);
        await Eventually.HoldsAsync(() => !pair.Audit.IsEmpty, "it is told", cancellationToken: Ct);
        if (!said.StartsWith("the session was lost", StringComparison.Ordinal)) Assert.Equal(("Completed", "Evil"), (Assert.Single(pair.Audit).End, Assert.Single(pair.Audit).Reason));
    }

    [Theory]
    [InlineData("v5.channel.k8s.io")]
    [InlineData("v4.channel.k8s.io")]
    public async Task A_final_status_that_is_fit_passes_as_it_is_where_nothing_is_translated(string behind)
    {
        const string fit = """{"status":"Failure" , "message":"ä \"quoted\" \\ / fit","reason":"Fit","unknown":1}""";
        await using GatewayPair pair = await InFrontOfAsync(behind, Frame(0x82, "\u0003") + Frame(0x82, "\u0001out") + Frame(0x82, "\u0003" + HostileText.Utf8(fit)), out CannedServer server);
        await using CannedServer owned = server;
        Assert.Equal(behind.StartsWith("v5", StringComparison.Ordinal), await FinalStatusAsync(pair) == fit);
    }

    static string Frame(int first, string payload) => (char)first + (payload.Length < 126 ? "" : "~" + (char)(payload.Length >> 8)) + (char)(payload.Length & 0xFF) + payload;

    static Task<GatewayPair> InFrontOfAsync(string behind, string frames, out CannedServer server)
    {
        CannedServer canned = server = new CannedServer(request => CannedServer.Upgrade(request, behind) + frames + "\u0088\u0002\u0003\u00e8");
        return GatewayPair.StartAsync((options, _) => options with
        {
            Upstream = new KubernetesEndpoint(canned.Url, new SocketsHttpHandler { UseProxy = false }),
            UpstreamChecksCreate = true,
            ClientLimits = s_quick,
            UpstreamLimits = s_quick,
        });
    }

    static async Task<string> FinalStatusAsync(GatewayPair pair, params string[] headers)
    {
        await using RawWebSocket session = await pair.UpgradeAsync(subprotocols: "v5.channel.k8s.io", headers: headers);
        if (session.StatusCode != 101) Assert.Fail(await session.ReadBodyAsync(Ct));
        string final = "";
        while (await session.ReadFrameAsync(Ct) is { } frame && frame.Opcode != 8)
        {
            if (frame.Payload is [3, .. var payload]) final += Encoding.UTF8.GetString(payload);
        }

        return final;
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
