using System.Buffers;
using Fairlead.Wire.Spdy;

namespace Fairlead.Wire.Tests.Spdy;

public sealed class SpdyFrameTests
{
    public static TheoryData<string> Vectors => [.. SpdyVectors.All.Distinct()];

    [Theory, MemberData(nameof(Vectors))]
    public void Every_vector_is_read_and_written_back_byte_for_byte(string hex)
    {
        byte[] bytes = SpdyVectors.Hex(hex);
        SpdyFrame frame = Assert.Single(SpdyReading.ReadAll(bytes));
        ArrayBufferWriter<byte> written = new();
        frame.WriteTo(written);
        Assert.Equal(Convert.ToHexStringLower(bytes), Convert.ToHexStringLower(written.WrittenSpan));
    }

    [Fact]
    public void The_fields_are_where_the_layout_says()
    {
        SpdyFrame[] frames = [.. SpdyVectors.CapturedEnd.Select(hex => SpdyReading.ReadAll(SpdyVectors.Hex(hex)).Single())];
        Assert.Equal([5u, 5u, 7u, 1u, 3u, 1u, 7u], frames.Select(f => f.Id));
        Assert.Equal([false, true, true, false, false, false, false], frames.Select(f => f.IsFin));
        Assert.Equal("hello"u8, frames[0].Payload.ToArray());
        Assert.Equal("{\"status\":\"Success\"}"u8, frames[3].Payload.ToArray());
        Assert.Equal((SpdyFrameType.ResetStream, (uint)SpdyResetStatus.Cancel), (frames[4].Type, frames[4].Value));
        Assert.Equal((SpdyFrameType.GoAway, (uint)SpdyGoAwayStatus.Ok), (frames[6].Type, frames[6].Value));

        SpdyFrame settings = SpdyReading.ReadAll(SpdyVectors.Hex("80030004 0000000c 00000001 00000007 00010000")).Single();
        Assert.Equal((1u, 8L), (settings.Id, settings.Payload.Length));
        SpdyFrame syn = SpdyReading.ReadAll(SpdyVectors.Hex("80030001 0000000a 80000007 00000005 a001")).Single();
        Assert.Equal((0x80000007u, 5u, (ushort)0xa001), (syn.Id, syn.Value, syn.Priority)); // the reserved bit is the connection's business
    }

    [Fact]
    public void The_named_frames_are_the_vectors()
    {
        Assert.Equal("80030003000000080000000300000005", Written(SpdyFrame.Reset(3, SpdyResetStatus.Cancel)));
        Assert.Equal("800300060000000400000001", Written(SpdyFrame.Ping(1)));
        Assert.Equal("80030007000000080000000900000000", Written(SpdyFrame.GoAway(9, SpdyGoAwayStatus.Ok)));
        byte[] header = new byte[8];
        SpdyFrame.WriteDataHeader(header, 5, SpdyFlags.Fin, 4);
        Assert.Equal("0000000501000004", Convert.ToHexStringLower(header));
        Assert.Throws<ArgumentOutOfRangeException>(() => SpdyFrame.WriteDataHeader(new byte[8], 5, 0, 1 << 24));
        Assert.Throws<ArgumentOutOfRangeException>(() => SpdyFrame.WriteDataHeader(new byte[8], 0x80000000, 0, 1));
    }

    [Fact]
    public void A_data_frame_comes_in_parts_and_its_end_is_on_the_last()
    {
        SpdyFrameReader reader = new(SpdyLimits.Default);
        ReadOnlySequence<byte> input = new(SpdyVectors.Hex("00000005 01000004 6279"));
        Assert.True(reader.TryRead(ref input, out SpdyFrame first));
        Assert.Equal((2L, false), (first.Payload.Length, first.IsFin));
        Assert.True(input.IsEmpty && reader.IsInsideData && !reader.TryRead(ref input, out _));
        input = new(SpdyVectors.Hex("650a 00000007"));
        Assert.True(reader.TryRead(ref input, out SpdyFrame second));
        Assert.Equal((2L, true, 5u), (second.Payload.Length, second.IsFin, second.Id));
        Assert.False(reader.IsInsideData);
        Assert.Equal(12, reader.Offset);
    }

    [Theory]
    [InlineData("48545450 2f312e31", "flags 2f")] // HTTP/1.1
    [InlineData("00000000 00000001 61", "stream 0")]
    [InlineData("00000003 02000001 61", "flags 02")]
    [InlineData("80020006 00000004 00000001", "version 2")]
    [InlineData("80030005 00000000", "unknown type 5")] // NOOP
    [InlineData("8003000a 00000000", "unknown type 10")] // CREDENTIAL
    [InlineData("80030006 00000008 0000000100000001", "Ping")] // length
    [InlineData("80030006 00000003 000001", "Ping")] // length
    [InlineData("80030006 01000004 00000001", "flags 01")]
    [InlineData("80030006 00000004 00000000", "id 0")]
    [InlineData("80030003 00000008 00000001 00000000", "status 0")]
    [InlineData("80030003 00000008 00000000 00000005", "id 0")]
    [InlineData("80030003 00000007 00000001 000000", "ResetStream")] // length
    [InlineData("80030007 00000004 00000001", "GoAway")] // the length of SPDY/2
    [InlineData("80030001 00000009 00000001 00000000 00", "SynStream")] // length
    [InlineData("80030001 00ffffff", "SynStream")] // over the limit: refused before it has arrived
    [InlineData("80030004 00ffffff", "Settings")] // over the limit
    [InlineData("80030004 00000004 00000001", "1 entries")] // the count and the length differ
    [InlineData("80030004 0000000c 00000002 00000007 00010000", "2 entries")]
    [InlineData("80030004 0000000c ffffffff 00000007 00010000", "4294967295 entries")] // CVE-2026-35469
    public void A_malformed_frame_is_refused_with_its_place(string hex, string reason)
    {
        byte[] bytes = [.. SpdyVectors.Hex("80030006 00000004 00000001"), .. SpdyVectors.Hex(hex)];
        SpdyFrameReader reader = new(SpdyLimits.Default with { DataBytes = 1 << 20 });
        ReadOnlySequence<byte> input = new(bytes);
        Assert.True(reader.TryRead(ref input, out _));
        SpdyProtocolException e = Assert.Throws<SpdyProtocolException>(() => reader.TryRead(ref input, out _));
        Assert.Contains(reason, e.Message);
        Assert.Equal(12, e.Offset);
    }

    [Fact]
    public void A_data_frame_over_its_limit_is_refused()
    {
        ReadOnlySequence<byte> input = new(SpdyVectors.Hex("00000003 00000401"));
        Assert.Throws<SpdyProtocolException>(() => new SpdyFrameReader(SpdyLimits.Default with { DataBytes = 1024 }).TryRead(ref input, out _));
    }

    static string Written(SpdyFrame frame)
    {
        ArrayBufferWriter<byte> written = new();
        frame.WriteTo(written);
        return Convert.ToHexStringLower(written.WrittenSpan);
    }
}
