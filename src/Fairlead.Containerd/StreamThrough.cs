namespace Fairlead.Containerd;

/// <summary>How a command in a container, or a connection into a pod, is reached.</summary>
public enum StreamThrough
{
    /// <summary>Natively where the socket is containerd's, else through the runtime's own streaming server.</summary>
    Auto = 0,

    /// <summary>By containerd's task API and the pod's network namespace: no SPDY. What cannot be had so is refused.</summary>
    Native,

    /// <summary>Through the URL that the runtime answers with: WebSocket where that can say everything, SPDY where not.</summary>
    Cri,
}
