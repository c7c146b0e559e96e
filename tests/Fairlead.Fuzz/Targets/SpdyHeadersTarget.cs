using System.Buffers;
using System.Buffers.Binary;
using Fairlead.Wire.Spdy;

namespace Fairlead.Fuzz.Targets;

/// <summary>
/// Header blocks. The first byte says what follows: with bit 0 one block that was never compressed; otherwise compressed blocks of
/// one connection, each behind its length (16 bits, big-endian), with the zlib header put in front where bit 1 is set.
/// </summary>
static class SpdyHeadersTarget
{
    static readonly SpdyLimits Limits = new() { InflatedBytes = 1024, Headers = 8, NameBytes = 64, ValueBytes = 256 };

    internal static void Run(byte[] input)
    {
        if (input.Length == 0) return;
        try
        {
            if ((input[0] & 1) != 0) CheckBlock(input.AsSpan(1));
            else ReadConnection(input);
        }
        catch (SpdyProtocolException)
        {
            // refused, as documented
        }
    }

    static void ReadConnection(byte[] input)
    {
        using SpdyHeaderInflater whole = new(Limits), cut = new(Limits);
        ReadOnlyMemory<byte> zlib = (input[0] & 2) != 0 ? new byte[] { 0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2 } : default;
        ReadOnlyMemory<byte> rest = input.AsMemory(1);
        while (rest.Length >= 2)
        {
            int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(rest.Span), rest.Length - 2);
            byte[] block = [.. zlib.Span, .. rest.Span.Slice(2, length)];
            (rest, zlib) = (rest[(2 + length)..], default);
            byte[]? inflated = Inflate(whole, new ReadOnlySequence<byte>(block));
            byte[]? again = Inflate(cut, Pieces.Of(block, 1 + (input[0] >> 4)));
            FuzzTarget.Require(inflated is null == again is null, "the cut decides whether a block is refused");
            if (inflated is null) return;
            FuzzTarget.RequireSame(inflated, again, "a block that came in pieces");
            FuzzTarget.Require(inflated.Length <= Limits.InflatedBytes, "more was inflated than is allowed");
            CheckBlock(inflated);
        }
    }

    static byte[]? Inflate(SpdyHeaderInflater inflater, ReadOnlySequence<byte> block)
    {
        try
        {
            return inflater.Inflate(block).ToArray();
        }
        catch (SpdyProtocolException)
        {
            return null;
        }
    }

    /// <summary>What is read is written again as the same bytes, and survives our own compression.</summary>
    static void CheckBlock(ReadOnlySpan<byte> block)
    {
        IReadOnlyList<SpdyHeader> headers = SpdyHeaderBlock.Decode(block, Limits);
        FuzzTarget.Require(headers.Count <= Limits.Headers, "more headers were read than are allowed");
        foreach (SpdyHeader header in headers)
        {
            FuzzTarget.Require(header.Name.Length <= Limits.NameBytes && header.Value.Length <= Limits.ValueBytes, "a header is beyond its limit");
            FuzzTarget.Require(SpdyHeaderBlock.Find(headers, header.Name) is not null, "a header that was read is not found");
        }

        ArrayBufferWriter<byte> plain = new(), wire = new();
        SpdyHeaderBlock.Encode(headers, plain);
        FuzzTarget.RequireSame(block, plain.WrittenSpan, "a header block that was written again");
        if (block.Length > Limits.InflatedBytes) return;
        new SpdyHeaderDeflater().Deflate(block, wire);
        using SpdyHeaderInflater inflater = new(Limits);
        FuzzTarget.RequireSame(block, inflater.Inflate(new ReadOnlySequence<byte>(wire.WrittenMemory)), "a header block that travelled");
    }
}
