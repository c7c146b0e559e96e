namespace Fairlead;

/// <summary>A place to listen, and the pod's port that its connections lead to.</summary>
/// <param name="Local">Where to listen.</param>
/// <param name="Remote">The pod's port, 1 to 65535.</param>
public sealed record PortMapping(LocalListener Local, int Remote)
{
    /// <summary>From a local TCP port.</summary>
    /// <param name="local">The local port; 0 for one that the system picks.</param>
    /// <param name="remote">The pod's port.</param>
    public PortMapping(int local, int remote) : this(LocalListener.Tcp(local), remote)
    {
    }
}
