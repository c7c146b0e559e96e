using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.PortForward;

/// <summary>A connection that a client asks for: accepted once the port was reached, or refused. One of the two, once.</summary>
public abstract class IncomingForward
{
    /// <summary>The port of the pod, as the client asks for it: 1 to 65535.</summary>
    public abstract int Port { get; }

    /// <summary>Says that the port was reached, where the form can.</summary>
    /// <returns>The connection, which the caller disposes.</returns>
    public abstract ForwardedStream Accept();

    /// <summary>Says that it was not, and ends this connection alone.</summary>
    public abstract ValueTask RefuseAsync(ForwardFault fault, string reason);
}
