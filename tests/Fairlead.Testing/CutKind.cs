namespace Fairlead.Testing;

/// <summary>How a <see cref="FaultProxy"/> ends a connection.</summary>
public enum CutKind
{
    /// <summary>With a FIN in both directions, as a process that closes its socket.</summary>
    Fin,

    /// <summary>With an RST in both directions, as a process that dies or a middlebox that gave up.</summary>
    Reset,
}
