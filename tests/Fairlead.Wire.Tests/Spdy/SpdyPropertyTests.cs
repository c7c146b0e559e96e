using System.Buffers;
using CsCheck;
using Fairlead.Wire.Spdy;

namespace Fairlead.Wire.Tests.Spdy;

public sealed class SpdyPropertyTests
{
    static readonly SpdyLimits Small = new() { HeaderBlockBytes = 512, InflatedBytes = 1024, Headers = 8, NameBytes = 64, ValueBytes = 128, Settings = 4 };

    static readonly Gen<SpdyHeader> Header = Gen.Select(
        Gen.Char['\u0001', '\u00ff'].Array[1, 20].Select(c => new string(c).ToLowerInvariant()).Where(n => !n.Any(char.IsAsciiLetterUpper) && n.All(c => c <= 0xff)),
        Gen.Char['\u0000', '\u00ff'].Array[0, 40].Select(c => new string(c)),
        (name, value) => new SpdyHeader(name, value));

    static readonly Gen<SpdyHeader[]> Headers = Header.Array[0, 8].Select(all => all.DistinctBy(h => h.Name).ToArray());

    [Fact]
    public void Headers_survive_the_way_over_the_wire_block_after_block() =>
        Headers.Array[1, 6].Sample(blocks =>
        {
            SpdyHeaderDeflater deflater = new();
            using SpdyHeaderInflater inflater = new(SpdyLimits.Default);
            foreach (SpdyHeader[] headers in blocks)
            {
                ArrayBufferWriter<byte> plain = new(), wire = new();
                SpdyHeaderBlock.Encode(headers, plain);
                deflater.Deflate(plain.WrittenSpan, wire);
                Assert.Equal(headers, SpdyHeaderBlock.Decode(inflater.Inflate(Cut(wire.WrittenMemory)), SpdyLimits.Default));
            }
        });

    [Fact]
    public void Any_split_of_the_input_gives_the_same_frames()
    {
        byte[] all = SpdyVectors.Hex(string.Concat(SpdyVectors.All));
        string[] whole = [.. SpdyReading.ReadAll(all).Select(Describe)];
        Assert.Equal(SpdyVectors.All.Length, whole.Length);
        Gen.Int[0, all.Length].Array[0, 30].Sample(cuts =>
        {
            int[] at = [0, .. cuts.Order(), all.Length];
            IEnumerable<byte[]> pieces = at.Zip(at.Skip(1), (from, to) => all[from..to]);
            Assert.Equal(whole, SpdyReading.ReadAll(pieces).Select(Describe));
        });
        Assert.Equal(whole, SpdyReading.ReadAll(all.Select(b => new[] { b })).Select(Describe)); // byte by byte
    }

    [Fact]
    public void Frames_that_are_written_are_read_as_they_were() =>
        Gen.Select(
            Gen.Enum<SpdyFrameType>(), Gen.UInt[1, int.MaxValue], Gen.UInt[1, uint.MaxValue], Gen.Byte.Array[0, 64], Gen.Bool, Gen.UShort)
            .Sample((type, id, value, payload, fin, priority) =>
            {
                bool hasPayload = type is SpdyFrameType.Data or SpdyFrameType.SynStream or SpdyFrameType.SynReply or SpdyFrameType.Headers;
                bool hasFin = hasPayload || type is SpdyFrameType.Settings;
                if (type is SpdyFrameType.Settings) (id, payload, hasPayload) = ((uint)payload.Length / 8, payload[..(payload.Length / 8 * 8)], true);
                SpdyFrame frame = new(
                    type, hasFin && fin ? SpdyFlags.Fin : 0, id, SpdyFrame.FixedLength(type) >= 8 ? value : 0,
                    hasPayload ? new(payload) : default, type is SpdyFrameType.SynStream ? priority : (ushort)0);
                ArrayBufferWriter<byte> written = new();
                frame.WriteTo(written);
                Assert.Equal(Describe(frame), Describe(Assert.Single(SpdyReading.ReadAll(written.WrittenSpan.ToArray()))));
            });

    [Fact]
    public void Random_bytes_are_read_or_refused_and_nothing_else() =>
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ReadOnlySequence<byte> input = new(bytes);
                SpdyFrameReader reader = new(Small);
                while (reader.TryRead(ref input, out _))
                {
                }
            }
            catch (SpdyProtocolException)
            {
                // refused
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024);
        });

    [Fact]
    public void Random_header_blocks_are_read_or_refused_and_allocate_no_more_than_their_limits() =>
        Gen.Byte.Array[0, 300].Select(Gen.Bool, Gen.Bool).Sample((bytes, named, counted) =>
        {
            if (counted) bytes = [0, 0, 0, 2, .. bytes];
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                SpdyHeaderBlock.Decode(bytes, Small);
            }
            catch (SpdyProtocolException)
            {
                // refused
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024);

            try
            {
                using SpdyHeaderInflater inflater = new(Small);
                byte[] compressed = named ? [0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2, .. bytes] : bytes;
                Assert.InRange(inflater.Inflate(new(compressed)).Length, 0, Small.InflatedBytes);
            }
            catch (SpdyProtocolException)
            {
                // refused
            }
        });

    static string Describe(SpdyFrame frame) =>
        $"{frame.Type} {frame.Flags} {frame.Id} {frame.Value} {frame.Priority} {Convert.ToHexStringLower(frame.Payload.ToArray())}";

    /// <summary>The same bytes in pieces of three.</summary>
    static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes)
    {
        Piece first = new(bytes[..Math.Min(3, bytes.Length)], 0), last = first;
        for (int at = 3; at < bytes.Length; at += 3) last = last.Append(bytes.Slice(at, Math.Min(3, bytes.Length - at)));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        internal Piece Append(ReadOnlyMemory<byte> memory)
        {
            Piece next = new(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
