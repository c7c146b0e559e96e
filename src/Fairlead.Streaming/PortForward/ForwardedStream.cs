using System.IO.Pipelines;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.PortForward;

/// <summary>One forwarded TCP connection: duplex, with an end for each direction and a reset.</summary>
/// <remarks>
/// Reading returns 0 at the peer's end of data. A reset or refusal by the peer is a <see cref="ForwardResetException"/>, once what had
/// arrived was read; a lost carrier is a <see cref="SessionLostException"/>. One reader and one writer at a time, which may be
/// different threads. A token ends only the wait, never the connection. <see cref="CompleteWritesAsync"/> is the half-close; to
/// dispose without it is a reset, so that a connection that was given up never looks like one that was finished.
/// The synchronous members block a thread; they are for drivers that know no others.
/// </remarks>
public abstract class ForwardedStream : Stream
{
    /// <summary>The form that carries this connection can say that this side sends no more, and still receive.</summary>
    public virtual bool CanCompleteWrites => true;

    /// <summary>Says that this side sends no more: the half-close of TCP. Reading goes on. Again is no error.</summary>
    /// <exception cref="NotSupportedException">The form has none (<see cref="CanCompleteWrites"/>): only disposing ends the
    /// connection.</exception>
    public abstract ValueTask CompleteWritesAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Resets the connection: both directions end at once, and the peer sees that it was cut. From any thread; again is no error.
    /// </summary>
    /// <param name="fault">What the peer is told, where the form can tell.</param>
    /// <param name="reason">The same for people.</param>
    public abstract void Abort(ForwardFault fault = ForwardFault.Aborted, string reason = "The connection was given up.");

    /// <summary>What has arrived, for a pump that saves a copy; null where there is none.</summary>
    internal virtual PipeReader? Input => null;

    /// <summary>Where to put what is to be sent; null where there is none.</summary>
    internal virtual PipeWriter? Output => null;

    /// <inheritdoc/>
    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public abstract override ValueTask DisposeAsync();

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <summary>Does nothing: a write is on its way when it returns.</summary>
    public override void Flush()
    {
    }

    /// <summary>Does nothing: a write is on its way when it returns.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
