using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Upgrades.PortForward;

/// <summary>One carrier for all connections.</summary>
sealed class SharedCarrier : IForwardCarriers
{
    readonly PortForwardAdapter _carrier;
    readonly TaskCompletionSource<SessionLostException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Task _watching;

    internal SharedCarrier(PortForwardAdapter carrier)
    {
        _carrier = carrier;
        _watching = WatchAsync();
    }

    public PortForwardProtocol Protocol => _carrier.Protocol;

    public Task<SessionLostException?> Ended => _ended.Task;

    public async Task<ForwardedStream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            return await _carrier.OpenAsync(port, cancellationToken);
        }
        catch (SessionLostException e)
        {
            _ended.TrySetResult(e); // it may be that the server only takes no more
            throw;
        }
    }

    async Task WatchAsync() =>
        _ended.TrySetResult(
            await _carrier.Ended ?? new SessionLostException(SessionLoss.PeerClosed, "The server closed the way to the pod."));

    public async ValueTask DisposeAsync()
    {
        _ended.TrySetResult(null);
        await _carrier.CloseAsync();
        await _carrier.DisposeAsync();
        await _watching;
    }
}
