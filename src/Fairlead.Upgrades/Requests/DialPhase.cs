namespace Fairlead.Upgrades.Requests;

/// <summary>How far a new connection has come: what is waited for.</summary>
enum DialPhase
{
    /// <summary>None was dialled here.</summary>
    None,

    /// <summary>TCP does not stand yet.</summary>
    Connecting,

    /// <summary>TCP stands, and not a byte has come over it.</summary>
    Silent,

    /// <summary>The other end has said something.</summary>
    Heard,
}
