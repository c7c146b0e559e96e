using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Fairlead.Gateway.Tests;

/// <summary>Between the word that the gateway will end and the first refusal there is time for balancers to notice.</summary>
public sealed class LameDuckTests
{
    const int Asked = 418; // what no gateway says by itself

    static readonly TimeSpan s_period = TimeSpan.FromHours(1);

    [Fact]
    public async Task Sessions_are_taken_while_readiness_fails_and_refused_afterwards()
    {
        FakeTimeProvider time = new();
        await using GatewayPair pair = await GatewayPair.StartAsync((options, _) => options with { Clock = time });
        pair.Upstream.Other = static context => RecordingUpstream.JsonAsync(
            context, Asked, $$"""{"kind":"Status","apiVersion":"v1","status":"Failure","code":{{Asked}},"message":"from behind"}""");
        Assert.Equal(HttpStatusCode.OK, (await pair.SendAsync("/readyz")).StatusCode);

        Task announced = pair.Gateway.AnnounceEndAsync(s_period, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await pair.SendAsync("/readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await pair.SendAsync("/healthz")).StatusCode);
        Assert.Equal(Asked, await OpenAsync(pair));
        time.Advance(s_period - TimeSpan.FromSeconds(1));
        Assert.Equal(Asked, await OpenAsync(pair));
        Assert.False(announced.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(1));
        await announced;
        await pair.Gateway.DrainAsync(s_period, TestContext.Current.CancellationToken);
        Assert.Equal(503, await OpenAsync(pair));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await pair.SendAsync("/readyz")).StatusCode);
    }

    static async Task<int> OpenAsync(GatewayPair pair)
    {
        await using Testing.RawWebSocket session = await pair.UpgradeAsync();
        return session.StatusCode;
    }
}
