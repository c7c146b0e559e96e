using System.Net;
using System.Net.WebSockets;
using Fairlead.Streaming;
using Fairlead.Streaming.WebSockets;
using Fairlead.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Gateway.Tests;

/// <summary>A client that has its status has all there is: how it goes from there makes no loss of the session.</summary>
public sealed class LeavingClientTests
{
    static readonly byte[] Done = [3, .. """{"metadata":{},"status":"Success"}"""u8];

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, Trait("Case", "B9")]
    [InlineData("v5.channel.k8s.io", "closes and hangs up", true)]
    [InlineData("v5.channel.k8s.io", "closes and hangs up", false)]
    [InlineData("v5.channel.k8s.io", "hangs up", true)]
    [InlineData("v5.channel.k8s.io", "hangs up", false)]
    [InlineData("v5.channel.k8s.io", "resets", true)]
    [InlineData("v5.channel.k8s.io", "resets", false)]
    [InlineData("v4.channel.k8s.io", "closes and hangs up", true)] // translated
    [InlineData("v4.channel.k8s.io", "hangs up", true)]
    [InlineData("v4.channel.k8s.io", "resets", true)]
    public async Task A_session_whose_client_goes_with_the_status_is_completed(string subprotocol, string how, bool isClosedAtOnce)
    {
        TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CarrierLimits patient = CarrierLimits.Default with { Linger = TimeSpan.FromHours(1) }; // nothing is waited for
        await using GatewayPair pair = await GatewayPair.StartAsync(
            (options, _) => options with { Operations = new IPEndPoint(IPAddress.Loopback, 0), ClientLimits = patient, UpstreamLimits = patient });
        pair.Upstream.Other = ServeAsync;
        await using RawWebSocket client = await pair.UpgradeAsync(subprotocols: subprotocol);
        while (await client.ReadFrameAsync(Ct) is { } frame && !frame.Payload.AsSpan().SequenceEqual(Done))
        {
            // what comes before the status
        }

        if (how == "closes and hangs up") await client.SendAsync(RawWebSocketFrames.Encode(8, [0x03, 0xe8]), Ct);
        if (how == "resets") client.Reset();
        else await client.DisposeAsync();
        gone.SetResult();
        await Eventually.HoldsAsync(() => !pair.Audit.IsEmpty && pair.Gateway.ActiveSessions == 0, "it is told", cancellationToken: Ct);
        await ToldOnceTests.ExpectToldAsync(pair, null, "Completed");
        Assert.DoesNotContain(
            pair.Logged.Entries,
            static entry => !entry.Text.StartsWith("WebSocket ", StringComparison.Ordinal) // a reset can come before the carrier's own Close
                && (entry.Text.Contains("lost", StringComparison.OrdinalIgnoreCase) || entry.Failure is not null));

        async Task ServeAsync(HttpContext context)
        {
            context.Response.Headers.Connection = "Upgrade";
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.SecWebSocketProtocol = "v5.channel.k8s.io";
            context.Response.Headers.SecWebSocketAccept = WebSocketHandshake.ComputeAccept(context.Request.Headers.SecWebSocketKey!);
            await using Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            using WebSocket server = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
            await server.SendAsync((byte[])[1, .. "out"u8], WebSocketMessageType.Binary, endOfMessage: true, Ct);
            await server.SendAsync(Done, WebSocketMessageType.Binary, endOfMessage: true, Ct);
            if (!isClosedAtOnce) await gone.Task.WaitAsync(Eventually.Patience, Ct);
            try
            {
                await server.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Ct);
            }
            catch (WebSocketException)
            {
                // the gateway has gone, as its client has
            }
        }
    }
}
