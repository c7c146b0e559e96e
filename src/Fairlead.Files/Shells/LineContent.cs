using System.Buffers;

namespace Fairlead.Files.Shells;

/// <summary>What the line under way prints, as a stream that ends with it.</summary>
sealed class LineContent(RemoteShell shell) : Stream
{
    bool _hasEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_hasEnded) return 0;
        ReadOnlySequence<byte> bytes = await shell.ReadAsync(cancellationToken);
        _hasEnded = bytes.IsEmpty;
        if (_hasEnded) return 0;
        int count = (int)Math.Min(bytes.Length, buffer.Length);
        bytes.Slice(0, count).CopyTo(buffer.Span);
        shell.Advance(count);
        return count;
    }

    /// <summary>Passes over what is left of it.</summary>
    internal async ValueTask SkipRestAsync(long most, CancellationToken cancellationToken)
    {
        if (!_hasEnded) await shell.ReadEndAsync(cancellationToken, most);
        _hasEnded = true;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

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
