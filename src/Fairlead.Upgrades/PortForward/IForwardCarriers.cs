using Fairlead.Wire.PortForward;

namespace Fairlead.Upgrades.PortForward;

/// <summary>The carriers of a session: one for all connections, or one for each.</summary>
interface IForwardCarriers : IAsyncDisposable
{
    PortForwardProtocol Protocol { get; }

    Task<SessionLostException?> Ended { get; }

    Task<ForwardedStream> ConnectAsync(int port, CancellationToken cancellationToken);
}
