using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using Fairlead.Wire.Spdy;

namespace Fairlead.Wire.Tests.Spdy;

public sealed class SpdyHeaderTests
{
    [Fact]
    public void The_dictionary_built_from_its_words_is_the_published_one()
    {
        byte[] dictionary = SpdyDictionary.Bytes;
        Assert.Equal(1423, dictionary.Length);
        Assert.Equal("51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02", Convert.ToHexStringLower(SHA256.HashData(dictionary)));
        uint a = 1, b = 0;
        foreach (byte value in dictionary) b = (b + (a = (a + value) % 65521)) % 65521;
        Assert.Equal(SpdyDictionary.Adler32, (b << 16) | a);
    }

    [Fact]
    public void Streams_opened_by_go_by_zlib_and_by_us_say_the_same()
    {
        foreach (string[] peer in new[] { SpdyVectors.GoSynStreams, SpdyVectors.ZlibSynStreams, SpdyVectors.StoredSynStreams })
        {
            List<IReadOnlyList<SpdyHeader>> streams = SpdyReading.Inflate(SpdyReading.ReadAll(SpdyVectors.Hex(string.Concat(peer))));
            Assert.Equal(SpdyVectors.StreamTypes[..peer.Length], streams.Select(h => SpdyHeaderBlock.Find(h, "streamType")));
            Assert.All(streams, headers => Assert.Equal("streamtype", Assert.Single(headers).Name));
        }

        foreach (string[] peer in new[] { SpdyVectors.GoSynReplies, SpdyVectors.ZlibSynReplies, SpdyVectors.StoredSynReplies })
            Assert.All(SpdyReading.Inflate(SpdyReading.ReadAll(SpdyVectors.Hex(string.Concat(peer)))), Assert.Empty);

        List<IReadOnlyList<SpdyHeader>> forward = SpdyReading.Inflate(SpdyReading.ReadAll(SpdyVectors.Hex(string.Concat(SpdyVectors.PortForwardSynStreams))));
        Assert.Equal([new("streamtype", "error"), new("port", "8080"), new("requestid", "0")], forward[0]);
        Assert.Equal([new("streamtype", "data"), new("port", "8080"), new("requestid", "0")], forward[1]);
    }

    [Fact]
    public void What_we_write_is_the_stored_vectors()
    {
        SpdyHeaderDeflater client = new(), server = new();
        Assert.Equal(SpdyVectors.StoredSynStreams[0], Syn(client, SpdyFrameType.SynStream, 1, [new("streamType", "error")]));
        Assert.Equal(SpdyVectors.StoredSynStreams[1], Syn(client, SpdyFrameType.SynStream, 3, [new("streamType", "stdin")]));
        Assert.Equal(SpdyVectors.StoredSynReplies[0], Syn(server, SpdyFrameType.SynReply, 1, []));
        Assert.Equal(SpdyVectors.StoredSynReplies[1], Syn(server, SpdyFrameType.SynReply, 3, []));
    }

    [Fact]
    public void A_block_longer_than_a_stored_block_takes_several()
    {
        byte[] block = RandomNumberGenerator.GetBytes(200_000);
        ArrayBufferWriter<byte> wire = new();
        new SpdyHeaderDeflater().Deflate(block, wire);
        using SpdyHeaderInflater inflater = new(SpdyLimits.Default with { InflatedBytes = block.Length });
        Assert.Equal(block, inflater.Inflate(new(wire.WrittenMemory)).ToArray());
    }

    [Fact]
    public void A_peer_without_the_dictionary_is_understood()
    {
        byte[] block = Block([new("streamtype", "stdin")]);
        using MemoryStream wire = new();
        wire.Write([0x78, 0x9c]);
        using DeflateStream deflate = new(wire, CompressionLevel.SmallestSize, leaveOpen: true);
        using SpdyHeaderInflater inflater = new(SpdyLimits.Default);
        for (int i = 0; i < 3; i++)
        {
            deflate.Write(block);
            deflate.Flush();
            Assert.Equal(block, inflater.Inflate(new(wire.ToArray())).ToArray());
            wire.SetLength(0);
        }
    }

    [Fact]
    public void Many_blocks_that_refer_to_earlier_ones_are_each_what_was_sent()
    {
        Random random = new(11);
        using MemoryStream wire = new();
        using DeflateStream deflate = new(wire, CompressionLevel.SmallestSize, leaveOpen: true);
        using SpdyHeaderInflater inflater = new(SpdyLimits.Default);
        for (int at = 0; at < 200; at++)
        {
            ArrayBufferWriter<byte> block = new();
            SpdyHeaderBlock.Encode([new("streamtype", "stdin"), new("port", random.Next(70_000).ToString(CultureInfo.InvariantCulture)), new("request", (at / 5).ToString(CultureInfo.InvariantCulture))], block);
            wire.SetLength(0);
            if (at == 0) wire.Write([0x78, 0x9C]); // without the dictionary
            deflate.Write(block.WrittenSpan);
            deflate.Flush();
            Assert.Equal(block.WrittenSpan, inflater.Inflate(new(wire.ToArray())));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("78")]
    [InlineData("1f8b0800")]
    [InlineData("78bce3c6a7c2")] // the check bits are wrong
    [InlineData("78bbe3c6a7")]
    [InlineData("78bb00000001000000ffff")]
    [InlineData("78bbe3c6a7c2ffffffff")]
    public void What_is_no_zlib_stream_is_refused(string hex)
    {
        using SpdyHeaderInflater inflater = new(SpdyLimits.Default);
        Assert.Throws<SpdyProtocolException>(() => inflater.Inflate(new(SpdyVectors.Hex(hex))).Length);
    }

    [Fact]
    public void A_stream_that_ends_for_good_carries_no_more_headers()
    {
        using SpdyHeaderInflater inflater = new(SpdyLimits.Default);
        ReadOnlySpan<byte> first = inflater.Inflate(new(SpdyVectors.Hex("78bbe3c6a7c2 01 0400 fbff 00000000")));
        Assert.Empty(SpdyHeaderBlock.Decode(first, SpdyLimits.Default));
        Assert.Throws<SpdyProtocolException>(() =>
            SpdyHeaderBlock.Decode(inflater.Inflate(new(SpdyVectors.Hex("00 0400 fbff 00000000 000000ffff"))), SpdyLimits.Default));
    }

    [Fact]
    public void A_bomb_stops_at_the_limit()
    {
        using MemoryStream wire = new();
        wire.Write([0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2]);
        using (DeflateStream deflate = new(wire, CompressionLevel.SmallestSize, leaveOpen: true)) deflate.Write(new byte[60_000_000]);
        Assert.InRange(wire.Length, 1, SpdyLimits.Default.HeaderBlockBytes); // it fits a frame

        using SpdyHeaderInflater inflater = new(SpdyLimits.Default);
        inflater.Inflate(new(SpdyVectors.Hex("78bbe3c6a7c2 00 0400 fbff 00000000 000000ffff"))); // what only the first block costs
        byte[] bomb = wire.ToArray()[6..];
        long before = GC.GetAllocatedBytesForCurrentThread();
        SpdyProtocolException e = Assert.Throws<SpdyProtocolException>(() => inflater.Inflate(new(bomb)).Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3 * SpdyLimits.Default.InflatedBytes);
        Assert.Contains("65536", e.Message);
    }

    [Fact]
    public void A_block_of_exactly_the_limit_is_taken_and_one_more_byte_is_not()
    {
        SpdyLimits limits = SpdyLimits.Default with { InflatedBytes = 1000 };
        Assert.Equal(1000, Length(1000));
        Assert.Throws<SpdyProtocolException>(() => Length(1001));

        int Length(int length)
        {
            ArrayBufferWriter<byte> wire = new();
            new SpdyHeaderDeflater().Deflate(new byte[length], wire);
            using SpdyHeaderInflater inflater = new(limits);
            return inflater.Inflate(new(wire.WrittenMemory)).Length;
        }
    }

    [Theory]
    [InlineData("", "count")]
    [InlineData("000000", "count")]
    [InlineData("00000041", "count of 65")]
    [InlineData("ffffffff", "count of 4294967295")]
    [InlineData("00000002 00000001 61 00000001 62 00000005 6161", "cut off")]
    [InlineData("00000001", "room for fewer")]
    [InlineData("00000001 00000000 00000000", "no name")]
    [InlineData("00000001 00000001 41 00000000", "upper-case")]
    [InlineData("00000001 00002001 00000000", "length of 8193")]
    [InlineData("00000001 00000001 61 00002001", "length of 8193")]
    [InlineData("00000001 00000008 61 00000000", "cut off")]
    [InlineData("00000001 00000001 61 00000001", "cut off")]
    [InlineData("00000002 00000001 61 00000000 00000001 61 00000000", "twice")]
    [InlineData("00000001 00000001 61 00000000 00", "goes on")]
    [InlineData("00000000 00", "goes on")]
    public void A_malformed_block_is_refused(string hex, string reason)
    {
        SpdyProtocolException e = Assert.Throws<SpdyProtocolException>(() => SpdyHeaderBlock.Decode(SpdyVectors.Hex(hex), SpdyLimits.Default));
        Assert.Contains(reason, e.Message);
    }

    [Fact]
    public void Names_and_values_that_cannot_travel_are_the_callers_fault()
    {
        Assert.Throws<ArgumentException>(() => Block([new("", "x")]));
        Assert.Throws<ArgumentException>(() => Block([new("name", "\u20ac")]));
        Assert.Null(SpdyHeaderBlock.Find([new("a", "b")], "c"));
    }

    static string Syn(SpdyHeaderDeflater deflater, SpdyFrameType type, uint id, SpdyHeader[] headers)
    {
        ArrayBufferWriter<byte> compressed = new(), frame = new();
        deflater.Deflate(Block(headers), compressed);
        new SpdyFrame(type, 0, id, Payload: new(compressed.WrittenMemory)).WriteTo(frame);
        return Convert.ToHexStringLower(frame.WrittenSpan);
    }

    static byte[] Block(SpdyHeader[] headers)
    {
        ArrayBufferWriter<byte> block = new();
        SpdyHeaderBlock.Encode(headers, block);
        return block.WrittenSpan.ToArray();
    }
}
