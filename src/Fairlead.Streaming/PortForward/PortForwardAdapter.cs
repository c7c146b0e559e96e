using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.PortForward;

/// <summary>One form of port-forward on one carrier, the asking side: opens connections to ports of a pod.</summary>
public abstract class PortForwardAdapter : IAsyncDisposable
{
    /// <summary>The form that was negotiated.</summary>
    public abstract PortForwardProtocol Protocol { get; }

    /// <summary>Carrier and form for people.</summary>
    public string Description => Protocol.Description;

    /// <summary>Completes, never faults, when the carrier is over: null after an orderly end, else why it was lost.</summary>
    public abstract Task<SessionLostException?> Ended { get; }

    /// <summary>
    /// Opens a connection. Forms without an answer to that (<see cref="PortForwardProtocol.Conversations"/> and
    /// <see cref="PortForwardProtocol.Direct"/> alone have one) return at once and report a refusal when the stream is read.
    /// Where <see cref="PortForwardProtocol.CarriesMany"/> is false, once.
    /// </summary>
    /// <param name="port">The port of the pod, 1 to 65535.</param>
    /// <param name="cancellationToken">Gives the connection up.</param>
    /// <returns>The connection, which the caller disposes.</returns>
    /// <exception cref="ForwardResetException">The server refused it.</exception>
    /// <exception cref="SessionLostException">The carrier is over.</exception>
    public abstract ValueTask<ForwardedStream> OpenAsync(int port, CancellationToken cancellationToken = default);

    /// <summary>Ends the carrier in order. Connections that are still open are reset.</summary>
    public abstract ValueTask CloseAsync();

    /// <summary>Cuts the carrier at once.</summary>
    public abstract void Abort(SessionLostException reason);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
