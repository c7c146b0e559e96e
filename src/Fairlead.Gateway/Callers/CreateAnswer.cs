using Fairlead.Wire;

namespace Fairlead.Gateway.Callers;

/// <summary>
/// What came of asking the server behind whether a caller may create. That nobody could be asked is no permission, and no refusal either:
/// a new session does not begin, and what becomes of a running one is another question.
/// </summary>
abstract record CreateAnswer
{
    CreateAnswer()
    {
    }

    /// <summary>What a new session is refused with; null where it may begin.</summary>
    internal abstract Status? Refusal { get; }

    /// <summary>The server said yes.</summary>
    internal sealed record Allowed : CreateAnswer
    {
        internal static Allowed Instance { get; } = new();

        internal override Status? Refusal => null;
    }

    /// <summary>The server said no, or that it does not know the caller.</summary>
    internal sealed record Refused(Status Status) : CreateAnswer
    {
        internal override Status Refusal => Status;
    }

    /// <summary>The server said neither: it is away, too slow, overloaded, or does not take the gateway's own credentials.</summary>
    internal sealed record CouldNotBeAsked(Status Status) : CreateAnswer
    {
        internal override Status Refusal => Status;
    }
}
