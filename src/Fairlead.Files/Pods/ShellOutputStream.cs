using System.Buffers;

namespace Fairlead.Files.Pods;

/// <summary>The output of a remote line as a stream, for a reader that knows itself where the output ends.</summary>
sealed class ShellOutputStream(RemoteShell shell) : Stream
{
    /// <summary>Reads past the zeros that fill up an archive behind its end.</summary>
    internal async ValueTask SkipZerosAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadOnlySequence<byte> bytes = await shell.ReadSomeAsync(cancellationToken);
            SequenceReader<byte> reader = new(bytes);
            reader.AdvancePast(0);
            bool ended = !reader.End;
            shell.Advance(reader.Position);
            if (ended) return;
        }
    }

    /// <summary>Longer than any extended header of names. A container that announces a longer one would have it held in memory.</summary>
    const int LongestRead = 1 << 20;

    /// <summary>Fills the whole buffer. TarReader loses its place where it is given less than it asked for, and asks only for what is there.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length > LongestRead) throw new InvalidDataException("The container's tar sent a header that is too long.");
        for (int got = 0; got < buffer.Length;)
        {
            ReadOnlySequence<byte> bytes = await shell.ReadAsync(buffer.Length - got, cancellationToken);
            bytes.CopyTo(buffer.Span[got..]);
            got += (int)bytes.Length;
            shell.Advance(bytes.End);
        }

        return buffer.Length;
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
