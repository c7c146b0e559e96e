using System.Runtime.CompilerServices;

namespace Fairlead.Streaming;

/// <summary>
/// The stream below a carrier. It knows when the peer was last heard of, and whether this side is reading or blocked in a write.
/// </summary>
/// <remarks>One reader and one writer. Disposing is the carrier's, not the WebSocket's.</remarks>
sealed class LivenessStream(Stream inner, TimeProvider time) : Stream
{
    readonly CancellationTokenSource _stopReading = new();
    bool _heard;
    volatile bool _endedUnheard;
    long _readStarted, _readEnded = time.GetTimestamp(), _writeStarted;

    /// <summary>How long a read has waited for the peer's next byte; zero while this side does not read.</summary>
    internal TimeSpan SilentFor => Since(ref _readStarted);

    /// <summary>How long the write in progress has waited; zero while none is.</summary>
    internal TimeSpan WriteBlockedFor => Since(ref _writeStarted);

    /// <summary>How long this side has not read, since its consumer is behind; zero while it reads.</summary>
    internal TimeSpan NotReadingFor =>
        Volatile.Read(ref _readStarted) != 0 ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _readEnded));

    /// <summary>
    /// True when the peer ended its side in order and had not sent a byte. Not after a reset: that destroys what is on its way.
    /// </summary>
    internal bool EndedUnheard => _endedUnheard;

    /// <summary>Ends the read in progress and all later ones.</summary>
    internal void StopReading() => _stopReading.Cancel();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _readStarted, time.GetTimestamp());
        try
        {
            int read = await inner.ReadAsync(buffer, _stopReading.Token);
            if (read > 0) _heard = true;
            else if (!buffer.IsEmpty) _endedUnheard = !_heard;
            return read;
        }
        finally
        {
            Volatile.Write(ref _readEnded, time.GetTimestamp());
            Volatile.Write(ref _readStarted, 0);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Volatile.Write(ref _writeStarted, time.GetTimestamp());
        try
        {
            await inner.WriteAsync(buffer, CancellationToken.None);
        }
        finally
        {
            Volatile.Write(ref _writeStarted, 0);
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(CancellationToken.None);

    /// <summary>
    /// Ends everything in progress, a blocked write too; what was not sent is lost. <see cref="CloseAsync"/> is still owed.
    /// </summary>
    internal void Cut()
    {
        _stopReading.Cancel();
        inner.Dispose();
    }

    /// <summary>Releases the stream below. What stops reads is left to the collector: a late abort may still ask for it.</summary>
    internal ValueTask CloseAsync() => inner.DisposeAsync();

    TimeSpan Since(ref long started) => Volatile.Read(ref started) is var at && at != 0 ? time.GetElapsedTime(at) : TimeSpan.Zero;

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() => throw new NotSupportedException();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
