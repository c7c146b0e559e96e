namespace Fairlead.Wire.PortForward;

/// <summary>What a conversation of <c>portforward.fairlead.v2</c> carries. Other kinds are refused by who does not know them.</summary>
public enum ForwardKind : byte
{
    /// <summary>Bytes in order, with an end for each direction: TCP.</summary>
    Stream = 0,

    /// <summary>Messages with boundaries: UDP. Kept free; no part knows it yet.</summary>
    Datagram = 1,
}
