using Fairlead.Wire;

namespace Fairlead;

/// <summary>Where a forward listens, and what it does when its connection goes.</summary>
public sealed record ForwardOptions
{
    /// <summary>What carries it.</summary>
    public PortForwardOptions Connection { get; init; } = new();

    /// <summary>
    /// Where TCP ports are listened on: IP addresses, or <c>localhost</c>, which is 127.0.0.1 and ::1, or the one of them that the
    /// machine has. All are listened on, with the same port, or the forward does not begin. Whoever reaches one of them reaches the pod,
    /// without any credentials.
    /// </summary>
    public IReadOnlyList<string> Addresses { get; init; } = ["localhost"];

    /// <summary>End with the loss instead of dialling again: <see cref="PortForward.Completion"/> faults.</summary>
    public bool FailWhenLost { get; init; }

    /// <summary>
    /// How long to dial again and again before giving up, longer while credentials are fetched; by default as long as it takes.
    /// </summary>
    public TimeSpan RedialTimeout { get; init => field = TimeLimit.OrForEver(value, orZero: true); } = Timeout.InfiniteTimeSpan;

    /// <summary>The pause before a second attempt to dial; each further one is twice as long.</summary>
    public TimeSpan FirstRedialDelay { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest pause between attempts; a local connection that waits shortens it.</summary>
    public TimeSpan LongestRedialDelay { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a local connection waits for a carrier and for its place on it before it is reset; longer while credentials are fetched.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init => field = TimeLimit.OrForEver(value); } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many local connections are open at once; further ones wait in the system's queue until one ends. Each may hold two buffers
    /// of 32 KiB beside those of its carrier.
    /// </summary>
    public int MostConnections { get; init; } = 1000;

    /// <summary>
    /// Is told what happens. Called from pool threads, for different connections at the same time; should return soon. What it throws
    /// ends the forward with that.
    /// </summary>
    public Action<ForwardEvent>? Observer { get; init; }

    internal TimeProvider Time { get; init; } = TimeProvider.System;
}
