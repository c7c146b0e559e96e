using System.Buffers;
using System.Text;
using Fairlead.Node.CriProxy;

namespace Fairlead.Node.Tests.CriProxy;

/// <summary>What a client sends is passed on the same, however it is cut into pieces.</summary>
[Trait("Case", "C14")]
public sealed class ClientFramesTests
{
    const byte Data = 0, Headers = 1, Settings = 4, Continuation = 9, EndHeaders = 4, Padded = 8, Priority = 32;

    static readonly byte[] s_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    [Fact]
    public void An_ordinary_authority_passes_byte_for_byte()
    {
        byte[] sent = Conversation("localhost:10250");
        Assert.Equal(sent, Pass(sent, []));
    }

    [Fact]
    public void Every_cut_gives_the_same()
    {
        foreach (string authority in (string[])["localhost", "/run/x.sock", "%2Frun%2Fx.sock"])
        {
            byte[] sent = Conversation(authority), whole = Pass(sent, []);
            for (int cut = 0; cut <= sent.Length; cut++) Assert.Equal(whole, Pass(sent, [cut]));
            Assert.Equal(whole, Pass(sent, [.. Enumerable.Range(0, sent.Length)]));
        }
    }

    [Fact]
    public void Random_cuts_give_the_same()
    {
        Random random = new(14);
        byte[] sent = [.. Conversation("/run/containerd/containerd.sock"), .. Conversation("localhost")[s_preface.Length..]], whole = Pass(sent, []);
        for (int round = 0; round < 2_000; round++)
        {
            int[] cuts = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(sent.Length + 1)).Order()];
            Assert.Equal(whole, Pass(sent, cuts));
        }
    }

    [Fact]
    public void A_path_becomes_a_name_of_its_length_and_the_rest_stays()
    {
        byte[] passed = Pass([.. s_preface, .. Frame(Headers, EndHeaders, 1, Block("/run/x.sock")), .. Frame(Data, 1, 1, new byte[5])], []);
        Assert.Equal([.. s_preface, .. Frame(Headers, EndHeaders, 1, Block("xxxxxxxxxxx")), .. Frame(Data, 1, 1, new byte[5])], passed);
    }

    [Fact]
    public void A_rewritten_block_keeps_its_priority_and_loses_its_padding()
    {
        byte[] block = Block("/run/x.sock"), priority = [0, 0, 0, 3, 200];
        byte[] passed = Pass([.. s_preface, .. Frame(Headers, Padded | Priority, 5, [9, .. priority, .. block[..7], .. new byte[9]]), .. Frame(Continuation, EndHeaders, 5, block[7..])], []);
        Assert.Equal([.. s_preface, .. Frame(Headers, EndHeaders | Priority, 5, [.. priority, .. Block("xxxxxxxxxxx")])], passed);
    }

    [Fact]
    public void A_long_block_is_rewritten_in_several_frames()
    {
        byte[] block = [.. Block("/run/x.sock"), .. Enumerable.Range(0, 1_200).SelectMany(static _ => (byte[])[0x00, 4, .. "name"u8, 10, .. "0123456789"u8])];
        IEnumerable<byte> frames = [.. s_preface, .. Frame(Headers, 0, 1, block[..16_384]), .. Frame(Continuation, EndHeaders, 1, block[16_384..])];
        Assert.Equal(Encoding.Latin1.GetString([.. frames]).Replace("/run/x.sock", "xxxxxxxxxxx", StringComparison.Ordinal), Encoding.Latin1.GetString(Pass([.. frames], [])));
    }

    [Theory]
    [InlineData(Continuation, 1)] // of no block
    [InlineData(Data, 1)] // between the frames of one
    [InlineData(Headers, 3)]
    [InlineData(Continuation, 3)] // of another stream
    public void Frames_out_of_order_are_refused(byte type, byte stream)
    {
        byte[] begun = type == Continuation && stream == 1 ? [] : Frame(Headers, 0, 1, [0x82]);
        Assert.Throws<InvalidDataException>(() => Pass([.. s_preface, .. begun, .. Frame(type, EndHeaders, stream, [0x82])], []));
    }

    [Fact]
    public void A_block_without_an_end_is_refused()
    {
        IEnumerable<byte> frames = [.. s_preface, .. Frame(Headers, 0, 1, []), .. Enumerable.Range(0, 200_000).SelectMany(static _ => Frame(Continuation, 0, 1, []))];
        Assert.Throws<InvalidDataException>(() => Pass([.. frames], []));
    }

    /// <summary>Whatever comes, it passes or is refused in one way, which the connection's end follows.</summary>
    [Fact]
    public void Damaged_bytes_are_passed_or_refused()
    {
        Random random = new(15);
        byte[] sound = [.. Conversation("/run/x.sock"), .. Conversation("www.example.com")[s_preface.Length..]];
        for (int round = 0; round < 20_000; round++)
        {
            byte[] sent = [.. sound];
            for (int damage = random.Next(1, 6); damage > 0; damage--) sent[random.Next(s_preface.Length, sent.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) sent = sent[..random.Next(sent.Length)];
            try
            {
                Pass(sent, [random.Next(sent.Length + 1)]);
            }
            catch (InvalidDataException)
            {
                // its own refusal
            }
        }
    }

    /// <summary>Settings, then a call of each shape.</summary>
    static byte[] Conversation(string authority)
    {
        byte[] block = Block(authority);
        return
        [
            .. s_preface,
            .. Frame(Settings, 0, 0, new byte[12]),
            .. Frame(Headers, EndHeaders, 1, block),
            .. Frame(Data, 1, 1, new byte[700]),
            .. Frame(Headers, EndHeaders | Padded, 3, [4, .. block, .. new byte[4]]),
            .. Frame(Headers, Padded | Priority, 5, [3, 0, 0, 0, 1, 15, .. block[..9], .. new byte[3]]),
            .. Frame(Continuation, 0, 5, []),
            .. Frame(Continuation, EndHeaders, 5, block[9..]),
            .. Frame(Headers, EndHeaders | Priority, 7, [0, 0, 0, 1, 15, 0x83, 0x86, 0xBE]),
        ];
    }

    /// <summary>RFC 7541: the authority with indexing, and in the Huffman code where a test asks for that of its appendix.</summary>
    static byte[] Block(string authority) => authority == "www.example.com"
        ? [0x83, 0x86, 0x84, 0x41, 0x8c, 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff]
        : [0x83, 0x86, 0x04, 4, .. "/a/B"u8, 0x41, (byte)authority.Length, .. Encoding.ASCII.GetBytes(authority)];

    static byte[] Frame(byte type, int flags, byte stream, byte[] payload) =>
        [0, (byte)(payload.Length >> 8), (byte)payload.Length, type, (byte)flags, 0, 0, 0, stream, .. payload];

    /// <summary>Gives it in pieces, each of them in two segments, as a connection does: what was not taken comes again before the next piece.</summary>
    static byte[] Pass(byte[] sent, int[] cuts)
    {
        ArrayBufferWriter<byte> output = new();
        ClientFrames frames = new(output);
        int taken = 0;
        foreach (int end in cuts.Append(sent.Length))
        {
            ReadOnlySequence<byte> bytes = InTwo(sent.AsMemory(taken, end - taken));
            taken += (int)bytes.GetOffset(frames.Take(bytes));
        }

        return output.WrittenSpan.ToArray();
    }

    static ReadOnlySequence<byte> InTwo(ReadOnlyMemory<byte> bytes)
    {
        Segment first = new(bytes[..(bytes.Length / 2)], null), last = new(bytes[(bytes.Length / 2)..], first);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is null) return;
            before.Next = this;
            RunningIndex = before.RunningIndex + before.Memory.Length;
        }
    }
}
