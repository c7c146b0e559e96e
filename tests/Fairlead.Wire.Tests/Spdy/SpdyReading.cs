using System.Buffers;
using Fairlead.Wire.Spdy;

namespace Fairlead.Wire.Tests.Spdy;

/// <summary>Reads whole connections, cut as the test says.</summary>
static class SpdyReading
{
    internal static string CorpusDirectory => Path.Combine(AppContext.BaseDirectory, "Spdy", "Corpus");

    /// <summary>One direction of a connection from the corpus.</summary>
    internal static byte[] Load(string file) => SpdyVectors.Hex(string.Concat(
        File.ReadLines(Path.Combine(CorpusDirectory, file)).Where(line => !line.StartsWith('#'))));

    internal static IReadOnlyList<SpdyFrame> ReadAll(byte[] bytes, SpdyLimits? limits = null) => ReadAll([bytes], limits);

    /// <summary>Reads what arrives piece by piece, keeping what is not understood yet as a connection does.</summary>
    /// <remarks>Parts of one data frame are joined again, so that the result does not depend on the cuts.</remarks>
    internal static IReadOnlyList<SpdyFrame> ReadAll(IEnumerable<byte[]> pieces, SpdyLimits? limits = null)
    {
        SpdyFrameReader reader = new(limits ?? SpdyLimits.Default);
        List<SpdyFrame> frames = [];
        byte[] waiting = [];
        bool isPart = false;
        foreach (byte[] piece in pieces)
        {
            waiting = [.. waiting, .. piece];
            ReadOnlySequence<byte> input = new(waiting);
            while (reader.TryRead(ref input, out SpdyFrame frame))
            {
                frame = frame with { Payload = new ReadOnlySequence<byte>(frame.Payload.ToArray()) };
                if (isPart) frames[^1] = frame with { Payload = new ReadOnlySequence<byte>([.. frames[^1].Payload.ToArray(), .. frame.Payload.ToArray()]) };
                else frames.Add(frame);
                isPart = reader.IsInsideData;
            }

            waiting = input.ToArray();
            Assert.True(waiting.Length < reader.LongestControlFrame, "more is held than a control frame may have");
        }

        return frames;
    }

    /// <summary>The headers of every frame that has some, through one inflater.</summary>
    internal static List<IReadOnlyList<SpdyHeader>> Inflate(IEnumerable<SpdyFrame> frames, SpdyLimits? limits = null)
    {
        using SpdyHeaderInflater inflater = new(limits ?? SpdyLimits.Default);
        List<IReadOnlyList<SpdyHeader>> all = [];
        foreach (SpdyFrame frame in frames)
        {
            if (frame.Type is SpdyFrameType.SynStream or SpdyFrameType.SynReply or SpdyFrameType.Headers)
                all.Add(SpdyHeaderBlock.Decode(inflater.Inflate(frame.Payload), limits ?? SpdyLimits.Default));
        }

        return all;
    }
}
