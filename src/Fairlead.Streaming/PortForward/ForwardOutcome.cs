namespace Fairlead.Streaming.PortForward;

/// <summary>How a joined pair of connections ended.</summary>
/// <param name="Sent">Bytes moved from the near to the far connection.</param>
/// <param name="Received">Bytes moved from the far to the near connection.</param>
/// <param name="Fault">What ended it before its end; null where both directions ended in order.</param>
public readonly record struct ForwardOutcome(long Sent, long Received, IOException? Fault);
