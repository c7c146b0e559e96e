using System.Buffers;

namespace Fairlead.Files.Shells;

/// <summary>
/// What the line under way prints, as a stream that ends with it. It is taken in large parts, however little is asked for.
/// </summary>
sealed class LineContent(RemoteShell shell) : Stream
{
    byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    int _read, _filled;
    bool _hasEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read == _filled && !await FillAsync(cancellationToken)) return 0;
        int count = Math.Min(_filled - _read, buffer.Length);
        _buffer.AsSpan(_read, count).CopyTo(buffer.Span);
        _read += count;
        return count;
    }

    async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_hasEnded) return false;
        ReadOnlySequence<byte> bytes = await shell.ReadAsync(cancellationToken);
        _hasEnded = bytes.IsEmpty;
        if (_hasEnded) return false;
        (_read, _filled) = (0, (int)Math.Min(bytes.Length, _buffer.Length));
        bytes.Slice(0, _filled).CopyTo(_buffer);
        shell.Advance(_filled);
        return true;
    }

    /// <summary>Passes over what is left of it.</summary>
    /// <exception cref="UnexpectedOutputException">There is more than <paramref name="most"/> bytes of it.</exception>
    internal async ValueTask SkipRestAsync(long most, CancellationToken cancellationToken)
    {
        for (long skipped = _filled - _read; await FillAsync(cancellationToken);)
        {
            skipped += _filled;
            if (skipped > most) throw new UnexpectedOutputException("more was sent than was asked for");
        }

        _read = _filled;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && _buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _read, _filled) = ([], 0, 0);
        base.Dispose(disposing);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
