using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.PortForward;

/// <summary>One form of port-forward on one carrier, the answering side: takes the connections that the client opens.</summary>
public abstract class PortForwardAcceptor : IAsyncDisposable
{
    /// <summary>The form that was negotiated.</summary>
    public abstract PortForwardProtocol Protocol { get; }

    /// <summary>Completes, never faults, when the carrier is over: null after an orderly end, else why it was lost.</summary>
    public abstract Task<SessionLostException?> Ended { get; }

    /// <summary>Waits for the next connection. One caller at a time.</summary>
    /// <returns>Null when no more will come.</returns>
    public abstract ValueTask<IncomingForward?> AcceptAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the carrier in order, once the connections' streams were disposed; those that were not are reset.</summary>
    public abstract ValueTask CloseAsync();

    /// <summary>Cuts the carrier at once.</summary>
    public abstract void Abort(SessionLostException reason);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
