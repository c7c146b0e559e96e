namespace Fairlead;

/// <summary>What befell the connection of a session that outlives it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Reason">Why, in words that are fit to show; empty where it goes on.</param>
/// <param name="Left">How much longer it is tried.</param>
public readonly record struct ResumeEvent(ResumeEventKind Kind, string Reason, TimeSpan Left);

/// <summary>What can befall the connection of a session.</summary>
public enum ResumeEventKind
{
    /// <summary>It was lost, or a try to have another one failed. It is tried again.</summary>
    Lost = 0,

    /// <summary>There is another one: the session goes on where it was.</summary>
    Resumed,
}
