using System.IO.Pipelines;

namespace Fairlead.Benchmarks;

/// <summary>One end of a connection that is memory: no kernel, no TLS. Writes wait for a reader as a socket's would.</summary>
sealed class MemoryConnection(PipeReader from, PipeWriter to) : Stream
{
    const int Buffered = 256 * 1024;

    public static (MemoryConnection Near, MemoryConnection Far) Create()
    {
        // large segments, of which the array pool keeps enough: the connection itself must allocate nothing
        PipeOptions options = new(minimumSegmentSize: Buffered / 4, pauseWriterThreshold: Buffered, resumeWriterThreshold: Buffered / 2, useSynchronizationContext: false);
        Pipe there = new(options), back = new(options);
        return (new MemoryConnection(back.Reader, there.Writer), new MemoryConnection(there.Reader, back.Writer));
    }

    readonly Stream _reading = from.AsStream(), _writing = to.AsStream();

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reading.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _writing.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask; // a write is one already

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
        // a write is one already
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        from.CancelPendingRead();
        to.Complete();
        base.Dispose(disposing);
    }
}
