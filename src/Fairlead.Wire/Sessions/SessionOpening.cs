namespace Fairlead.Wire.Sessions;

/// <summary>Which session a client means, and what proves that it is its own.</summary>
/// <remarks>Shows nothing of itself: whoever knows the id and the secret has the session.</remarks>
public sealed class SessionOpening
{
    /// <summary>The session's name: 128 random bits that the client drew.</summary>
    public required UInt128 Id { get; init; }

    /// <summary>256 random bits that the client drew, to be compared in constant time and kept nowhere else.</summary>
    public required ReadOnlyMemory<byte> Secret { get; init; }

    /// <summary>What was asked for, as <see cref="RequestDigest"/> has it: the same on every carrier of the session.</summary>
    public required ReadOnlyMemory<byte> Digest { get; init; }

    /// <summary>What the server said on the carrier on which the session was asked for first.</summary>
    public required SessionMoment First { get; init; }

    /// <summary>The client was told that the session is there: a server that does not know it must not start it anew.</summary>
    public bool IsKnown { get; init; }

    /// <summary>Which opening of the session this is, from 1: one that was late does not take over from a later one.</summary>
    public required uint Attempt { get; init; }

    /// <summary>What the client has received of each channel that the server writes; nothing at first.</summary>
    public IReadOnlyList<ChannelTotal> Received { get; init; } = [];

    /// <summary>
    /// How long the client wants the session kept while it has no carrier, in whole seconds; the server keeps it no longer than it keeps
    /// any. The same on every carrier of the session, of which the first one counts.
    /// </summary>
    public TimeSpan Keep { get; init; } = SessionMessage.LongestKeep;

    /// <summary>A word, without the session's name and secret.</summary>
    public override string ToString() => IsKnown ? "an opening of a session that is known" : "an opening of a session";
}
