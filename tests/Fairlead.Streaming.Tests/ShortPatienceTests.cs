using Fairlead.Wire;

namespace Fairlead.Streaming.Tests;

/// <summary>A time limit below the interval of pings: a silent peer is asked in time, and its answer keeps the session.</summary>
[Trait("Case", "D6")]
public sealed class ShortPatienceTests
{
    [Theory]
    [InlineData(15_000, 60_000, 15_000)]
    [InlineData(10_000, 5_000, 2_500)]
    [InlineData(3_000, 3_000, 1_500)]
    [InlineData(-1, 3_000, -1)]
    public void A_peer_is_pinged_before_it_is_given_up(int interval, int timeout, int pinged)
    {
        CarrierLimits limits = CarrierLimits.Default with { PingInterval = Time(interval), PingTimeout = Time(timeout) };
        Assert.Equal(pinged < 0 ? TimeLimit.ForEver : Time(pinged), limits.PingAfter);
    }

    static TimeSpan Time(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
