using System.Net;
using Fairlead.Lab;
using Fairlead.Streaming;
using Fairlead.Testing;

namespace Fairlead.FunctionalTests;

/// <summary>A client that has its status has all there is: the lab takes it for the end that was due, however it goes.</summary>
public sealed class LeavingClientTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, Trait("Case", "B9")]
    [InlineData("closes and hangs up")]
    [InlineData("hangs up")]
    [InlineData("resets")]
    public async Task A_session_whose_client_goes_with_the_status_has_ended_in_order(string how)
    {
        LogRecorder logged = new();
        CarrierLimits patient = CarrierLimits.Default with { Linger = TimeSpan.FromHours(1) }; // nothing is waited for
        await using LabServer lab = await LabServer.StartAsync(new LabOptions { Logging = logged, Limits = patient }, Ct);
        await using RawWebSocket client = await RawWebSocket.ConnectAsync(
            new IPEndPoint(IPAddress.Loopback, lab.Url.Port), "/api/v1/namespaces/default/pods/demo/exec?container=shell&stdout=true&command=true",
            tls: true, headers: [$"Authorization: Bearer {lab.Users[0].Token}"], cancellationToken: Ct);
        while (await client.ReadFrameAsync(Ct) is { } frame && frame.Payload is not [3, ..])
        {
            // what comes before the status
        }

        if (how == "closes and hangs up") await client.SendAsync(RawWebSocketFrames.Encode(8, [0x03, 0xe8]), Ct);
        if (how == "resets") client.Reset();
        else await client.DisposeAsync();
        await Eventually.HoldsAsync(
            () => logged.Entries.Any(static entry => entry.Text.Contains(" ended: ", StringComparison.Ordinal)), "the session is over", cancellationToken: Ct);
        Assert.Contains(logged.Entries, static entry => entry.Text.Contains(" ended: Success", StringComparison.Ordinal));
        Assert.DoesNotContain(
            logged.Entries,
            static entry => !entry.Text.StartsWith("WebSocket ", StringComparison.Ordinal) // a reset can come before the carrier's own Close
                && (entry.Text.Contains("lost", StringComparison.OrdinalIgnoreCase) || entry.Failure is not null));
    }
}
