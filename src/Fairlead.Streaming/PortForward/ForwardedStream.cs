using System.Globalization;
using System.IO.Pipelines;
using Fairlead.Wire.PortForward;

namespace Fairlead;

/// <summary>One forwarded TCP connection: duplex, with an end for each direction and a reset.</summary>
/// <remarks>
/// Reading returns 0 at the peer's end of data. A reset or refusal by the peer is a <see cref="ForwardResetException"/>, once what had
/// arrived was read; a lost carrier is a <see cref="SessionLostException"/>. One reader and one writer at a time, which may be
/// different threads. A token ends only the wait, never the connection. <see cref="CompleteWritesAsync"/> is the half-close.
/// Disposing ends the connection in order, as closing a TCP connection does: what was written arrives, and the end behind it; the peer's
/// end is waited for, within a limit. A write that failed, was cancelled or still goes on makes it a reset, and so does
/// <see cref="Abort"/>, so that a connection that was given up never looks like one that was finished.
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

    /// <summary>
    /// Completes with the reason why the peer takes nothing more, for a caller that is waiting for something else than a write. Null for a
    /// form in which only a write can find that out.
    /// </summary>
    internal virtual Task<IOException>? Lost => null;

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
    public override bool CanTimeout => true;

    /// <summary>
    /// How long <see cref="Read(byte[], int, int)"/> may wait, in milliseconds; <see cref="Timeout.Infinite"/> by default. As with a
    /// socket's stream the asynchronous members have a token instead. What comes later is read later.
    /// </summary>
    public override int ReadTimeout { get; set => field = Checked(value); } = Timeout.Infinite;

    /// <summary>
    /// How long <see cref="Write(byte[], int, int)"/> and <see cref="Flush"/> may wait, in milliseconds; <see cref="Timeout.Infinite"/> by
    /// default. A write that took too long may have sent a part, so that disposing is a reset.
    /// </summary>
    public override int WriteTimeout { get; set => field = Checked(value); } = Timeout.Infinite;

    static int Checked(int milliseconds) => milliseconds is > 0 or Timeout.Infinite
        ? milliseconds
        : throw new ArgumentOutOfRangeException(
            nameof(milliseconds), milliseconds, "A timeout is a number of milliseconds above 0, or Timeout.Infinite.");

#pragma warning disable VSTHRD002 // who calls Stream's own blocking members wants to wait here
    /// <inheritdoc/>
    /// <exception cref="ServerUnreachableException">Nothing came within <see cref="ReadTimeout"/>.</exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        using CancellationTokenSource limit = new(ReadTimeout);
        try
        {
            return ReadAsync(buffer.AsMemory(offset, count), limit.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw Late("Nothing came", ReadTimeout, e);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ServerUnreachableException">It was not taken within <see cref="WriteTimeout"/>.</exception>
    public override void Write(byte[] buffer, int offset, int count)
    {
        using CancellationTokenSource limit = new(WriteTimeout);
        try
        {
            WriteAsync(buffer.AsMemory(offset, count), limit.Token).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw Late("What was written was not taken", WriteTimeout, e);
        }
    }

    /// <inheritdoc cref="FlushAsync"/>
    public override void Flush()
    {
        using CancellationTokenSource limit = new(WriteTimeout);
        try
        {
            FlushAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw Late("What was written was not sent", WriteTimeout, e);
        }
    }
#pragma warning restore VSTHRD002

    static ServerUnreachableException Late(string what, int milliseconds, Exception cause) => new(new TimeoutException(
        string.Create(CultureInfo.InvariantCulture, $"{what} within {milliseconds / 1000.0:0.###} s."), cause));

    /// <summary>
    /// Waits until what was written is on the wire: handed to this machine's network. A write is on its way without it; it is for who wants
    /// to know that the process may end.
    /// </summary>
    /// <exception cref="IOException">The connection was reset or lost before.</exception>
    public abstract override Task FlushAsync(CancellationToken cancellationToken);

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
