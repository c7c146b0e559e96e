namespace Fairlead.Node.Checks;

/// <summary>What a check came to.</summary>
public enum CheckOutcome
{
    /// <summary>It works.</summary>
    Fine,

    /// <summary>It works, and somebody should know something about it.</summary>
    Notice,

    /// <summary>It would not work.</summary>
    Fault,
}
