using Fairlead.Wire;

namespace Fairlead.Server.Commands;

/// <summary>How a runtime's commands are dealt with.</summary>
public record CommandOptions
{
    /// <summary>What becomes of an exec's command when its client was lost. Attached clients are always just detached.</summary>
    public LostClientPolicy LostClient { get; init; }

    /// <summary>The time between SIGTERM and SIGKILL. 2 s by default.</summary>
    public TimeSpan Grace { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long, after a command ended, output is awaited that children hold open. 10 s by default. What was printed in that time is
    /// delivered whole, also to a slow client.
    /// </summary>
    public TimeSpan DrainTime { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromSeconds(10);

    /// <summary>How long a terminal's command waits for its client's first size, so that it starts with it. 250 ms by default.</summary>
    public TimeSpan FirstSizeWait { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = TimeSpan.FromMilliseconds(250);
}
