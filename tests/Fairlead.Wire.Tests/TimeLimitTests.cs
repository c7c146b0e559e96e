namespace Fairlead.Wire.Tests;

/// <summary>What an option's time may be.</summary>
[Trait("Case", "D6")]
public sealed class TimeLimitTests
{
    [Fact]
    public void No_limit_is_long_and_not_over_at_once()
    {
        Assert.Equal(TimeLimit.ForEver, TimeLimit.OrForEver(Timeout.InfiniteTimeSpan));
        Assert.Equal(TimeLimit.ForEver, TimeLimit.OrForEver(TimeSpan.MaxValue));
        Assert.Equal(TimeSpan.FromTicks(1), TimeLimit.OrForEver(TimeSpan.FromTicks(1)));
        Assert.Equal(TimeSpan.Zero, TimeLimit.OrForEver(TimeSpan.Zero, orZero: true));
        using Timer timer = new(static _ => { }, null, TimeLimit.ForEver, Timeout.InfiniteTimeSpan); // which it takes
    }

    [Fact]
    public void What_needs_no_timer_is_taken_as_it_is()
    {
        Assert.Null(TimeLimit.OrNone(null));
        Assert.Null(TimeLimit.OrNone(Timeout.InfiniteTimeSpan));
        Assert.Equal(TimeSpan.FromDays(300), TimeLimit.OrNone(TimeSpan.FromDays(300)));
    }

    [Fact]
    public void Others_are_refused_by_the_options_name()
    {
        foreach (TimeSpan time in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromSeconds(-2), TimeSpan.MinValue])
        {
            foreach (Action check in (Action[])[() => TimeLimit.OrForEver(time, name: "Patience"), () => TimeLimit.OrNone(time, name: "Patience")])
            {
                ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(check);
                Assert.Equal("Patience", refused.ParamName);
                Assert.StartsWith("Patience is a time above zero, or Timeout.InfiniteTimeSpan for no limit.", refused.Message, StringComparison.Ordinal);
            }
        }
    }
}
