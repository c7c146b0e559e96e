using System.Buffers;
using BenchmarkDotNet.Attributes;
using Fairlead.Wire.Spdy;

namespace Fairlead.Benchmarks;

/// <summary>One header block of the size that an exec's stream has, deflated and inflated in the zlib streams of one connection.</summary>
[MemoryDiagnoser]
public class SpdyHeaderCompression
{
    readonly byte[] _block = "\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x06stdout"u8.ToArray();
    readonly ArrayBufferWriter<byte> _wire = new(256);
    readonly SpdyHeaderDeflater _deflater = new();
    readonly SpdyHeaderInflater _inflater = new(SpdyLimits.Default);

    [Benchmark]
    public int ThereAndBack()
    {
        _wire.ResetWrittenCount();
        _deflater.Deflate(_block, _wire);
        int length = _inflater.Inflate(new ReadOnlySequence<byte>(_wire.WrittenMemory)).Length;
        return length == _block.Length ? length : throw new InvalidDataException();
    }

    [GlobalCleanup]
    public void Close() => _inflater.Dispose();
}
