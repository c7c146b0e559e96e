using CsCheck;
using Fairlead.Wire.WebSockets;

namespace Fairlead.Wire.Tests;

/// <summary>The observer sees the same whatever the cut, and refuses what no peer may send.</summary>
public sealed class WebSocketFrameObserverTests
{
    static readonly Gen<byte[]> s_frames =
        from masked in Gen.Const(true)
        from messages in Gen.Select(Gen.Byte[0, 6], Gen.Byte.Array[0, 300], Gen.Int[1, 4], Gen.Int[0, 3]).Array[0, 12]
        select Build(messages, masked);

    [Fact]
    public void The_cut_does_not_show() => Gen.Select(s_frames, Gen.Int[1, 70]).Sample((bytes, step) => Assert.Equal(Follow(bytes, bytes.Length + 1), Follow(bytes, step)));

    [Fact]
    public void Channels_payloads_and_boundaries_are_seen()
    {
        byte[] bytes = [0x82, 3, 1, (byte)'a', (byte)'b', 0x89, 0, 0x02, 1, 3, 0x8A, 0, 0x80, 1, (byte)'x', 0x88, 2, 3, 0xE8];
        WebSocketFrameObserver observer = new(isMasked: false);
        List<string> seen = [];
        for (int at = 0; at < bytes.Length;)
        {
            string where = observer.IsBetweenMessages ? "message" : observer.IsBetweenFrames ? "frame" : "within";
            ObservedPart part = observer.Observe(bytes.AsSpan(at));
            seen.Add($"{where} {part.First} {Encoding.ASCII.GetString(bytes.AsSpan(at)[part.Payload])} {part.EndsMessage}");
            at += part.Length;
        }

        Assert.Equal(["message 1 ab True", "message -1  False", "message 3  False", "frame -1  False", "frame 3 x True", "message -1  False"], seen);
    }

    [Theory]
    [InlineData("C200", false)] // a reserved bit
    [InlineData("8300", false)] // an opcode that is none
    [InlineData("8B00", false)]
    [InlineData("0900", false)] // a control frame in fragments
    [InlineData("897E0080", false)] // a control frame that is too long
    [InlineData("8000", false)] // a fragment of nothing
    [InlineData("02008200", false)] // a message within a message
    [InlineData("828000000000", false)] // masked by a server
    [InlineData("8200", true)] // not masked by a client
    [InlineData("827F8000000000000000", false)] // a length beyond 63 bits
    public void What_is_no_frame_is_refused(string hex, bool masked) => Assert.Throws<FormatException>(() =>
    {
        WebSocketFrameObserver observer = new(masked);
        ReadOnlySpan<byte> bytes = Convert.FromHexString(hex);
        while (!bytes.IsEmpty) bytes = bytes[observer.Observe(bytes).Length..];
    });

    [Theory, InlineData(0), InlineData(124), InlineData(125), InlineData(65_534), InlineData(65_535), InlineData(100_000)]
    public void A_message_of_the_relays_own_is_a_frame_like_any_other(int length)
    {
        byte[] payload = [.. Enumerable.Range(0, length).Select(static i => (byte)i)], frame = WebSocketFrames.ServerMessage(3, payload);
        ObservedPart part = new WebSocketFrameObserver(isMasked: false).Observe(frame);
        Assert.Equal((frame.Length, 3, true), (part.Length, part.First, part.EndsMessage));
        Assert.Equal(payload, frame[part.Payload]);
    }

    [Fact]
    public void What_was_masked_is_seen_as_it_was_however_it_is_cut() => Gen.Select(Gen.Byte.Array[1, 300], Gen.Int[1, 70]).Sample((payload, step) =>
    {
        byte[] bytes = Build([(1, payload, 1, 0), (2, payload, 3, 1)], masked: true);
        WebSocketFrameObserver observer = new(isMasked: true);
        List<byte> seen = [];
        for (int at = 0; at < bytes.Length;)
        {
            Span<byte> next = bytes.AsSpan(at, Math.Min(step, bytes.Length - at));
            ObservedPart part = observer.Observe(next);
            byte[] plain = new byte[next[part.Payload].Length];
            observer.Unmask(next[part.Payload], plain);
            seen.AddRange(plain);
            at += part.Length;
        }

        Assert.Equal([.. payload, .. payload], seen);
    });

    /// <summary>What was seen of each channel, frame ends included, as text.</summary>
    static string Follow(byte[] bytes, int step)
    {
        WebSocketFrameObserver observer = new(isMasked: true);
        Dictionary<int, long> counts = [];
        StringBuilder frames = new();
        for (int at = 0; at < bytes.Length;)
        {
            ObservedPart part = observer.Observe(bytes.AsSpan(at, Math.Min(step, bytes.Length - at)));
            Assert.True(part.Length > 0);
            (int _, int length) = part.Payload.GetOffsetAndLength(bytes.Length);
            if (part.First >= 0) counts[part.First] = counts.GetValueOrDefault(part.First) + length;
            at += part.Length;
            if (observer.IsBetweenFrames) frames.Append(at).Append(part.EndsMessage ? "m " : " ");
        }

        return frames + string.Join(' ', counts.OrderBy(count => count.Key));
    }

    static byte[] Build((byte Channel, byte[] Payload, int Fragments, int Pings)[] messages, bool masked)
    {
        List<byte> bytes = [];
        foreach ((byte channel, byte[] payload, int fragments, int pings) in messages)
        {
            byte[] message = [channel, .. payload];
            int size = Math.Max(1, message.Length / fragments);
            for (int at = 0, i = 0; at < message.Length; at += size, i++)
            {
                byte[] part = message[at..Math.Min(message.Length, at + size)];
                Frame((byte)((i == 0 ? 2 : 0) | (at + size >= message.Length ? 0x80 : 0)), part);
                if (i < pings) Frame(0x89, [1, 2]);
            }
        }

        return [.. bytes];

        void Frame(byte first, byte[] payload)
        {
            byte flag = (byte)(masked ? 0x80 : 0);
            bytes.Add(first);
            if (payload.Length > 125) bytes.AddRange([(byte)(126 | flag), (byte)(payload.Length >> 8), (byte)payload.Length]);
            else bytes.Add((byte)(payload.Length | flag));
            byte[] mask = [0x37, 0xFA, 0x21, 0x3D];
            if (masked) bytes.AddRange(mask);
            bytes.AddRange(payload.Select((value, i) => masked ? (byte)(value ^ mask[i % 4]) : value));
        }
    }
}
