using Fairlead.Wire.PortForward;

namespace Fairlead.Client.Telemetry;

/// <summary>A connection whose bytes are counted as they pass.</summary>
/// <param name="inner">The connection, which this one owns.</param>
/// <param name="written">Is told of what is written.</param>
/// <param name="read">Is told of what is read.</param>
sealed class CountedStream(ForwardedStream inner, Action<long> written, Action<long> read) : ForwardedStream
{
    public override bool CanCompleteWrites => inner.CanCompleteWrites;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer, cancellationToken);
        if (count > 0) read(count);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await inner.WriteAsync(buffer, cancellationToken);
        written(buffer.Length);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default) =>
        inner.CompleteWritesAsync(cancellationToken);

    public override void Abort(ForwardFault fault = ForwardFault.Aborted, string reason = "The connection was given up.") =>
        inner.Abort(fault, reason);

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
