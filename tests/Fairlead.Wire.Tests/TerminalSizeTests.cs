using System.Buffers;
using CsCheck;

namespace Fairlead.Wire.Tests;

public sealed class TerminalSizeTests
{
    /// <summary>What sizes are made of: random bytes of it get further than random bytes.</summary>
    const string Alphabet = "{}[]\":,\\0123456789 \nWidthHeight";

    [Theory]
    [InlineData("7b225769647468223a38302c22486569676874223a32347d0a")] // client-go, with its line feed
    [InlineData("7b225769647468223a38302c22486569676874223a32347d")]
    public void Vectors_read_as_80_by_24(string hex) => Assert.Equal([new TerminalSize(80, 24)], ReadAll(Convert.FromHexString(hex)));

    [Fact]
    public void Is_written_as_client_go_writes_it()
    {
        ArrayBufferWriter<byte> output = new();
        new TerminalSize(80, 24).WriteTo(output);
        Assert.Equal("7B225769647468223A38302C22486569676874223A32347D0A", Convert.ToHexString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("""{"height":24,"width":80}""")] // the JavaScript client
    [InlineData("""{"WIDTH":80,"hEIGHT":24}""")]
    [InlineData(""" { "Width" : 80 , "Height" : 24 } """)]
    [InlineData("""{"X":{"a":[1,2]},"Width":80,"y":"z","Height":24,"n":null}""")]
    [InlineData("""{"Width":1,"Height":2,"Width":80,"Height":24}""")] // the last one counts, as in Go
    public void Names_match_in_any_case_and_unknown_members_are_skipped(string json) =>
        Assert.Equal([new TerminalSize(80, 24)], ReadAll(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_missing_member_is_0_as_in_go() => Assert.Equal([new TerminalSize(80, 0), default], ReadAll("{\"Width\":80}{}"u8.ToArray()));

    [Fact]
    public void The_largest_size_fits() => Assert.Equal([new TerminalSize(65535, 65535)], ReadAll("{\"Width\":65535,\"Height\":65535}"u8.ToArray()));

    [Theory]
    [InlineData("x")]
    [InlineData("[]")]
    [InlineData("80 ")]
    [InlineData("\"80x24\"")]
    [InlineData("null")]
    [InlineData("}")]
    [InlineData("{Width:80}")]
    [InlineData("""{"Width":"80"}""")]
    [InlineData("""{"Width":-1}""")]
    [InlineData("""{"Width":65536}""")]
    [InlineData("""{"Width":80.5}""")]
    [InlineData("""{"Width":[80]}""")]
    [InlineData("""{"Width":{"a":1}}""")]
    [InlineData("""{"Width":80,}""")]
    [InlineData("""{"a":[[[[[[1]]]]]]}""")]
    [InlineData("{\"\\uD800\":1}")] // a name that is no text
    [InlineData("{\"\u00ff\":1,]")]
    public void What_can_never_be_a_size_is_a_format_error(string text) =>
        Assert.Throws<FormatException>(() => ReadAll(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Invalid_utf8_in_a_name_is_a_format_error() =>
        Assert.Throws<FormatException>(() => ReadAll([.. "{\""u8, 0xFF, 0xFE, .. "\":1,\"Width\":80}"u8]));

    [Fact]
    public void A_bad_value_after_a_good_one_leaves_the_good_one()
    {
        ReadOnlySequence<byte> input = new("{\"Width\":80,\"Height\":24}x"u8.ToArray());

        Assert.True(TerminalSize.TryRead(ref input, out TerminalSize size));
        Assert.Equal(new TerminalSize(80, 24), size);
        Assert.Equal(1, input.Length);
        Assert.Throws<FormatException>(() => TerminalSize.TryRead(ref input, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData("{")]
    [InlineData("{\"Wid")]
    [InlineData("{\"Width\":8")]
    [InlineData("{\"a\":[1,")]
    public void An_unfinished_value_asks_for_more_and_takes_nothing_that_counts(string text)
    {
        ReadOnlySequence<byte> input = new(Encoding.UTF8.GetBytes(text));
        Assert.False(TerminalSize.TryRead(ref input, out _));
        Assert.Equal(text.TrimStart(), Encoding.UTF8.GetString(input.ToArray()).TrimStart());
    }

    [Fact]
    public void Any_split_gives_the_same_sizes() =>
        Gen.Select(Gen.Select(Gen.UShort, Gen.UShort).Array[0, 6], Gen.Bool, Gen.Int[1, 40].Array[1, 20]).Sample((pairs, newline, cuts) =>
        {
            TerminalSize[] sizes = [.. pairs.Select(pair => new TerminalSize(pair.Item1, pair.Item2))];
            ArrayBufferWriter<byte> output = new();
            foreach (TerminalSize size in sizes) size.WriteTo(output);
            byte[] bytes = newline ? output.WrittenSpan.ToArray() : [.. output.WrittenSpan.ToArray().Where(b => b != '\n')];

            Assert.Equal(sizes, ReadAll(bytes));
            Assert.Equal(sizes, ReadAll(Split(bytes, cuts)));
        });

    [Fact]
    public void Random_bytes_give_sizes_or_a_format_error_and_nothing_else() =>
        Gen.OneOf(Gen.Byte, Gen.Int[0, Alphabet.Length - 1].Select(i => (byte)Alphabet[i])).Array[0, 200].Sample(bytes =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ReadAll(bytes);
            }
            catch (FormatException)
            {
                // the one exception that is promised
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 * 1024);
        });

    static List<TerminalSize> ReadAll(byte[] bytes) => ReadAll([bytes]);

    /// <summary>Reads as a channel does: chunk by chunk, what is left over in front of the next.</summary>
    static List<TerminalSize> ReadAll(IReadOnlyList<byte[]> chunks)
    {
        List<TerminalSize> sizes = [];
        byte[] left = [];
        foreach (byte[] chunk in chunks)
        {
            ReadOnlySequence<byte> input = Sequence(left, chunk);
            while (TerminalSize.TryRead(ref input, out TerminalSize size)) sizes.Add(size);
            left = input.ToArray();
        }

        return sizes;
    }

    static List<byte[]> Split(byte[] bytes, int[] lengths)
    {
        List<byte[]> chunks = [];
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            int length = Math.Min(lengths[i % lengths.Length], bytes.Length - at);
            chunks.Add(bytes[at..(at + length)]);
            at += length;
        }

        return chunks;
    }

    /// <summary>Two segments, so that values lie across them as they do in a pipe.</summary>
    static ReadOnlySequence<byte> Sequence(byte[] first, byte[] second)
    {
        Segment head = new(first, null), tail = new(second, head);
        return new ReadOnlySequence<byte>(head, 0, tail, second.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        internal Segment(byte[] bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is null) return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
