using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Fairlead.Testing;

/// <summary>A stream of bytes that no compression shortens and a seed repeats, of any length, with the hash of what was read.</summary>
public sealed class RandomByteStream : Stream
{
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly long _length;
    ulong _state;
    long _position;

    /// <summary>Creates it.</summary>
    public RandomByteStream(long length, ulong seed)
    {
        _length = length;
        _state = seed;
    }

    /// <summary>The SHA-256 of what was read so far, in lower-case hexadecimal digits as sha256sum prints them.</summary>
    public string Sha256 => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>The hash of all of such a stream.</summary>
    public static string HashOf(long length, ulong seed)
    {
        using RandomByteStream stream = new(length, seed);
        stream.CopyTo(Null, 1 << 16);
        return stream.Sha256;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, _length - _position);
        Span<byte> part = buffer[..count];
        Span<byte> last = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < part.Length; i += sizeof(ulong))
        {
            // splitmix64: quick, and good enough that gzip finds nothing
            ulong z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            if (part.Length - i >= sizeof(ulong)) BinaryPrimitives.WriteUInt64LittleEndian(part[i..], z);
            else
            {
                BinaryPrimitives.WriteUInt64LittleEndian(last, z);
                last[..(part.Length - i)].CopyTo(part[i..]);
            }
        }

        _hash.AppendData(part);
        _position += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer.Span));

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _hash.Dispose();
        base.Dispose(disposing);
    }
}
