using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.PortForward;

/// <summary>What a form does with one of its connections besides moving bytes.</summary>
interface IForwardLink
{
    bool CanCompleteWrites { get; }

    /// <summary>How long an orderly end may take: <see cref="CarrierLimits.DisposeTimeout"/>.</summary>
    TimeSpan DisposeTimeout { get; }

    TimeProvider Time { get; }

    /// <summary>Completes when what the writer has handed over is on the wire, or never will be.</summary>
    Task SentAsync();

    /// <summary>Ends both directions at once. The reader and the writer of this side end by it, or by the stream.</summary>
    void Reset(ForwardFault fault, string reason);

    /// <summary>The stream was disposed: everything that this connection held is given back.</summary>
    ValueTask ReleaseAsync();
}
