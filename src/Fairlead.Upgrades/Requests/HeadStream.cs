using System.Buffers;

namespace Fairlead.Upgrades.Requests;

/// <summary>
/// A connection for one request, whose head is rewritten on its way out. Behind the head it adds a call and nothing else.
/// </summary>
/// <param name="connection">The connection, which is disposed with this.</param>
/// <param name="mark">From where on a header's name is cut.</param>
sealed class HeadStream(Stream connection, ReadOnlyMemory<byte> mark) : Stream
{
    HeadRewriter? _rewriter = new(mark);

    /// <inheritdoc/>
    public override bool CanRead => connection.CanRead;

    /// <inheritdoc/>
    public override bool CanWrite => connection.CanWrite;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.WriteAsync(_rewriter is null ? buffer : Rewrite(buffer.Span), cancellationToken);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => connection.Write(_rewriter is null ? buffer : Rewrite(buffer).Span);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    ReadOnlyMemory<byte> Rewrite(ReadOnlySpan<byte> piece)
    {
        ArrayBufferWriter<byte> rewritten = new(piece.Length + 1);
        _rewriter!.Write(piece, rewritten);
        if (_rewriter.IsBehindHead) _rewriter = null;
        return rewritten.WrittenMemory;
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        connection.ReadAsync(buffer, offset, count, cancellationToken);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => connection.Read(buffer);

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => connection.Read(buffer, offset, count);

    /// <inheritdoc/>
    public override void Flush() => connection.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) connection.Dispose();
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await base.DisposeAsync();
    }
}
