using Fairlead.Streaming.PortForward;
using Fairlead.Wire.PortForward;

namespace Fairlead.Upgrades.PortForward;

/// <summary>The only connection of a carrier that could hold many: it takes the carrier with it.</summary>
sealed class SoleForwardedStream(ForwardedStream inner, PortForwardAdapter carrier) : ForwardedStream
{
    Task? _closing;

    public override bool CanCompleteWrites => inner.CanCompleteWrites;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default) =>
        inner.CompleteWritesAsync(cancellationToken);

    public override void Abort(ForwardFault fault = ForwardFault.Aborted, string reason = "The connection was given up.") =>
        inner.Abort(fault, reason);

    public override ValueTask DisposeAsync()
    {
        return new ValueTask(_closing ??= CloseAsync());

        async Task CloseAsync()
        {
            await inner.DisposeAsync();
            await carrier.CloseAsync();
            await carrier.DisposeAsync();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _closing is null) _ = DisposeAsync().AsTask(); // bounded by the carrier's linger time
        base.Dispose(disposing);
    }
}
