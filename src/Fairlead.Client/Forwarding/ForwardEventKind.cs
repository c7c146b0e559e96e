namespace Fairlead;

/// <summary>What can happen to a forward.</summary>
public enum ForwardEventKind
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A local connection came.</summary>
    ConnectionOpened,

    /// <summary>A local connection ended: in order, or reset with an error.</summary>
    ConnectionEnded,

    /// <summary>A local connection could not be joined to the pod's port and was reset.</summary>
    ConnectionRefused,

    /// <summary>The carrier was lost; the listeners stay.</summary>
    CarrierLost,

    /// <summary>An attempt to dial again failed; another follows.</summary>
    RedialFailed,

    /// <summary>There is a carrier again, maybe to another pod.</summary>
    Redialled,

    /// <summary>
    /// Local connections have to wait: none can be taken, for want of a descriptor for instance. Told at most once a minute.
    /// </summary>
    ConnectionsWait,
}
