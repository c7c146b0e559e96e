using Fairlead.Upgrades.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead;

/// <summary>What keeps a way to one pod open, for any number of connections to its ports. Safe for concurrent use.</summary>
/// <remarks>
/// A carrier is ready when this is handed out: the pod exists and the server forwards. Where one carrier takes one connection
/// (<see cref="PortForwardProtocol.CarriesMany"/> is false) the next one is opened ahead, so that the session also learns of a
/// server or pod that goes while nothing is connected. Disposing resets connections that are still open.
/// </remarks>
public sealed class ForwardSession : IAsyncDisposable
{
    readonly IForwardCarriers _carriers;
    readonly Func<ForwardedStream, ForwardedStream>? _handOut;

    internal ForwardSession(IForwardCarriers carriers, Func<ForwardedStream, ForwardedStream>? handOut = null) =>
        (_carriers, _handOut) = (carriers, handOut);

    /// <summary>The form that was negotiated.</summary>
    public PortForwardProtocol Protocol => _carriers.Protocol;

    /// <summary>Carrier and form for people, for instance <c>WebSocket portforward.fairlead.v1</c>.</summary>
    public string Description => Protocol.Description;

    /// <summary>Why the session did not go the first way that was thought of; null where it did.</summary>
    public string? FellBack { get; internal init; }

    /// <summary>
    /// Completes, never faults, when no new connection can be opened: null after <see cref="DisposeAsync"/>, else why the way was lost.
    /// With forms that use a carrier for each connection, connections that are there go on.
    /// </summary>
    public Task<SessionLostException?> Ended => _carriers.Ended;

    /// <summary>Connects to a port of the pod.</summary>
    /// <param name="port">The port, 1 to 65535; not only those that were named when the session was opened.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection, which the caller disposes.</returns>
    /// <exception cref="ForwardResetException">The pod refused it. Forms that do not tell throw this when the stream is read.</exception>
    /// <exception cref="SessionLostException">The session is over.</exception>
    /// <exception cref="UpgradeException">The server refused a further carrier.</exception>
    public Task<ForwardedStream> ConnectAsync(int port, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        Task<ForwardedStream> connecting = _carriers.ConnectAsync(port, cancellationToken);
        return _handOut is null ? connecting : HandOutAsync(connecting, _handOut);

        static async Task<ForwardedStream> HandOutAsync(Task<ForwardedStream> connecting, Func<ForwardedStream, ForwardedStream> handOut) =>
            handOut(await connecting);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _carriers.DisposeAsync();
}
