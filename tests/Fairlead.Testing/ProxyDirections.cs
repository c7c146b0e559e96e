namespace Fairlead.Testing;

/// <summary>Which way bytes go through a <see cref="FaultProxy"/>.</summary>
[Flags]
public enum ProxyDirections
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>From the client that dialled the proxy to the server behind it.</summary>
    ToServer = 1,

    /// <summary>From the server to the client.</summary>
    ToClient = 2,

    /// <summary>Both ways.</summary>
    Both = ToServer | ToClient,
}
