namespace Fairlead.Wire.PortForward;

/// <summary>What an OPEN of <c>portforward.fairlead.v2</c> asks for.</summary>
/// <param name="Credit">How many bytes its sender takes of the conversation before it says more.</param>
/// <param name="Kind">What the conversation carries.</param>
/// <param name="Flags">Kept free: 0. Who does not know a flag refuses the conversation.</param>
/// <param name="Port">The port.</param>
/// <param name="Host">Where the port is; empty for the pod's own localhost, the only one that is known yet.</param>
public readonly record struct ForwardOpen(long Credit, ForwardKind Kind, byte Flags, int Port, PeerText Host);
