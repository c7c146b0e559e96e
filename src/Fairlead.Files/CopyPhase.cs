namespace Fairlead;

/// <summary>The steps of a copy, in their order.</summary>
public enum CopyPhase
{
    /// <summary>Finding out what there is.</summary>
    Listing = 0,

    /// <summary>Moving bytes.</summary>
    Copying,

    /// <summary>Comparing both sides.</summary>
    Verifying,

    /// <summary>Renaming what was verified to where it belongs.</summary>
    Placing,
}
