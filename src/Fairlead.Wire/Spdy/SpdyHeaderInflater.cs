using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace Fairlead.Wire.Spdy;

/// <summary>
/// Inflates the header blocks of one direction of a connection. All blocks share one zlib stream, so every block must come through
/// here in the order of arrival, those of refused streams too.
/// </summary>
/// <remarks>
/// The in-box inflater takes no preset dictionary. It is given one all the same: the dictionary is fed as a stored block in front
/// of the peer's bytes and its output dropped, which leaves the window just as a preset dictionary would.
/// </remarks>
/// <param name="limits">How much is inflated.</param>
public sealed class SpdyHeaderInflater(SpdyLimits limits) : IDisposable
{
    const int DictionaryFlag = 0x20, MostKept = 512, MostInflatedAgain = 8 * 1024;

    readonly BlockStream _source = new();
    DeflateStream? _inflater;
    byte[] _block = new byte[Math.Min(256, limits.InflatedBytes)];
    byte[]? _kept = []; // all that came; null from when the inflater itself is kept
    int _inflated;

    /// <summary>Inflates one block.</summary>
    /// <param name="compressed">The block as it travelled.</param>
    /// <returns>The headers, still encoded; valid until the next call.</returns>
    /// <exception cref="SpdyProtocolException">
    /// It is not zlib, or inflates to more than is taken: nothing beyond the limit is written anywhere. The inflater is of no use
    /// afterwards.
    /// </exception>
    public ReadOnlySpan<byte> Inflate(ReadOnlySequence<byte> compressed)
    {
        try
        {
            _source.Set(_inflater is null ? Resume(compressed) : compressed);
            int length = ReadAll();
            if (!_source.IsEmpty) throw new SpdyProtocolException("A header block goes on behind its compressed data.", length);
            if (_kept is not null) Rest(_kept, compressed, length);
            return _block.AsSpan(0, length);
        }
        catch (InvalidDataException e)
        {
            throw new SpdyProtocolException("A header block is not zlib data.", 0, e);
        }
        finally
        {
            _source.Set(default); // the bytes belong to the caller
        }
    }

    /// <returns>What is still to be inflated of this block.</returns>
    ReadOnlySequence<byte> Resume(ReadOnlySequence<byte> compressed)
    {
        if (_kept!.Length == 0) return Begin(compressed);
        _source.Set(Begin(new ReadOnlySequence<byte>(_kept)));
        while (_inflater!.Read(_block) > 0) { }
        return compressed;
    }

    void Rest(byte[] kept, ReadOnlySequence<byte> compressed, int inflated)
    {
        _inflated += inflated;
        if (kept.Length + compressed.Length > MostKept || _inflated > MostInflatedAgain)
        {
            _kept = null;
            return;
        }

        _kept = [.. kept, .. compressed.ToArray()];
        _inflater!.Dispose();
        _inflater = null;
    }

    int ReadAll()
    {
        int length = 0;
        while (true)
        {
            if (length == _block.Length)
            {
                if (length >= limits.InflatedBytes)
                {
                    byte more = 0;
                    return _inflater!.Read(new Span<byte>(ref more)) == 0
                        ? length
                        : throw new SpdyProtocolException($"A header block inflates to more than {limits.InflatedBytes} bytes.", length);
                }

                Array.Resize(ref _block, Math.Min(length * 2, limits.InflatedBytes));
            }

            int read = _inflater!.Read(_block.AsSpan(length));
            if (read == 0) return length;
            length += read;
        }
    }

    ReadOnlySequence<byte> Begin(ReadOnlySequence<byte> compressed)
    {
        Span<byte> head = stackalloc byte[6];
        int length = (int)Math.Min(head.Length, compressed.Length);
        compressed.Slice(0, length).CopyTo(head);
        bool isZlib = length >= 2 && (head[0] & 0x0f) == 8 && head[0] >> 4 <= 7 && BinaryPrimitives.ReadUInt16BigEndian(head) % 31 == 0;
        bool hasDictionary = (head[1] & DictionaryFlag) != 0;
        if (!isZlib || (hasDictionary && length < 6)) throw new SpdyProtocolException("The first header block has no zlib header.", 0);
        if (hasDictionary && BinaryPrimitives.ReadUInt32BigEndian(head[2..]) != SpdyDictionary.Adler32)
            throw new SpdyProtocolException("The first header block names another dictionary.", 2);

        _inflater = new DeflateStream(_source, CompressionMode.Decompress, leaveOpen: true);
        if (hasDictionary) Prime();
        return compressed.Slice(hasDictionary ? 6 : 2);
    }

    void Prime()
    {
        ArrayBufferWriter<byte> primer = new(5 + SpdyDictionary.Length);
        SpdyHeaderDeflater.WriteStoredHeader(SpdyDictionary.Length, primer);
        primer.Write(SpdyDictionary.Bytes);
        _source.Set(new ReadOnlySequence<byte>(primer.WrittenMemory));
        _inflater!.ReadExactly(new byte[SpdyDictionary.Length]);
    }

    /// <inheritdoc/>
    public void Dispose() => _inflater?.Dispose();

    /// <summary>Hands the inflater what there is; at its end more may come later.</summary>
    sealed class BlockStream : Stream
    {
        ReadOnlySequence<byte> _left;

        internal bool IsEmpty => _left.IsEmpty;

        internal void Set(ReadOnlySequence<byte> block) => _left = block;

        public override int Read(Span<byte> buffer)
        {
            ReadOnlySequence<byte> part = _left.Slice(0, Math.Min(buffer.Length, _left.Length));
            part.CopyTo(buffer);
            _left = _left.Slice(part.End);
            return (int)part.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override bool CanRead => true;
        public override bool CanWrite => false;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
