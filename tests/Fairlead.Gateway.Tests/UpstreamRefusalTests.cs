using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Gateway.Tests;

/// <summary>What the server behind says of a session that it refuses is what the caller hears.</summary>
[Trait("Case", "C7")]
public sealed class UpstreamRefusalTests
{
    const string MayNotGet = """{"kind":"Status","status":"Failure","message":"cannot get pods/exec","reason":"Forbidden","code":403}""";

    public static TheoryData<int, string, int, string, int, string> Pairs => new()
    {
        // a role with create and without get: SPDY's POST passes the authorizer, and hears what there is to hear
        { 403, MayNotGet, 404, Failure(404, "NotFound"), 404, "NotFound" },
        { 403, MayNotGet, 400, Failure(400, "BadRequest"), 400, "BadRequest" },
        { 403, MayNotGet, 409, Failure(409, "Conflict"), 409, "Conflict" },
        { 403, MayNotGet, 429, Failure(429, "TooManyRequests"), 429, "TooManyRequests" },
        { 403, MayNotGet, 500, Failure(500, "InternalError"), 500, "InternalError" },
        { 403, MayNotGet, 503, Failure(503, "ServiceUnavailable"), 503, "ServiceUnavailable" },
        { 403, MayNotGet, 403, Failure(403, "Forbidden"), 403, "Forbidden" },
        { 403, MayNotGet, 502, "<html>", 403, "Forbidden" },
        { 403, MayNotGet, 400, "no SPDY here", 403, "Forbidden" },

        // something on the way knows no WebSocket
        { 400, "bad request", 404, Failure(404, "NotFound"), 404, "NotFound" },
        { 403, "", 403, Failure(403, "Forbidden"), 403, "Forbidden" },
        { 502, "<html>", 410, Failure(410, "Expired"), 410, "Expired" },
        { 404, "not found", 401, "", 401, "Unauthorized" },

        // the same to both, with a Status and in plain text, as kubelets have it
        { 404, Failure(404, "NotFound"), 404, Failure(404, "NotFound"), 404, "NotFound" },
        { 400, Failure(400, "BadRequest"), 400, Failure(400, "BadRequest"), 400, "BadRequest" },
        { 403, "Forbidden (user=jane)", 403, "Forbidden (user=jane)", 403, "Forbidden" },
        { 404, "pod does not exist", 404, "pod does not exist", 404, "NotFound" },
        { 409, "conflict", 409, "conflict", 409, "Conflict" },
        { 410, "gone", 410, "gone", 410, "Gone" },
        { 429, "slow down", 429, "slow down", 429, "TooManyRequests" },
        { 500, "container not found", 500, "container not found", 500, "InternalError" },
        { 503, "no healthy upstream", 503, "no healthy upstream", 503, "ServiceUnavailable" },
        { 504, "late", 504, "late", 504, "Timeout" },

        // no refusal, and one that is meant for the gateway
        { 200, "ok", 200, "ok", 502, "BadGateway" },
        { 407, "", 407, "", 502, "BadGateway" },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task The_servers_own_answer_comes_through(int toWebSocket, string saidToWebSocket, int toSpdy, string saidToSpdy, int code, string reason)
    {
        await using GatewayPair pair = await GatewayPair.StartAsync();
        pair.Upstream.Other = context => HttpMethods.IsGet(context.Request.Method)
            ? RecordingUpstream.JsonAsync(context, toWebSocket, saidToWebSocket) : RecordingUpstream.JsonAsync(context, toSpdy, saidToSpdy);
        foreach (string target in (string[])[GatewayPair.Exec, "/api/v1/namespaces/ns/pods/p/portforward"])
        {
            using HttpResponseMessage refused = await pair.SendAsync(
                target, ["Connection: Upgrade", "Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: " + (target == GatewayPair.Exec ? "v4.channel.k8s.io" : "portforward.k8s.io")], method: HttpMethod.Post);
            Assert.Equal((HttpStatusCode)code, refused.StatusCode);
            JsonNode status = JsonNode.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
            Assert.Equal((reason, code), ((string?)status["reason"], (int?)status["code"]));
        }
    }

    static string Failure(int code, string reason) => $$"""{"kind":"Status","status":"Failure","message":"said {{reason}}","reason":"{{reason}}","code":{{code}}}""";
}
