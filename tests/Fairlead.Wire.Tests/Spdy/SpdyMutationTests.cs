using System.Buffers;
using Fairlead.Wire.Spdy;

namespace Fairlead.Wire.Tests.Spdy;

/// <summary>
/// Whole connections from the corpus, damaged at random: read like a connection reads them, with frames, inflater and header blocks.
/// The seed is in the message of what fails.
/// </summary>
public sealed class SpdyMutationTests
{
    const int Rounds = 2000;

    static readonly SpdyLimits Limits = new() { HeaderBlockBytes = 4096, InflatedBytes = 8192, Headers = 16, NameBytes = 256, ValueBytes = 1024, Settings = 16 };

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(SpdyReading.CorpusDirectory, "*.hex").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public void The_corpus_itself_is_read_or_refused_as_its_name_says(string file)
    {
        bool isGood = !file.StartsWith("bad-", StringComparison.Ordinal);
        if (isGood) Assert.True(Read(SpdyReading.Load(file)) > 0);
        else Assert.Throws<SpdyProtocolException>(() => Read(SpdyReading.Load(file)));
    }

    [Theory, MemberData(nameof(Files))]
    public void Damage_is_refused_and_nothing_else(string file)
    {
        byte[] original = SpdyReading.Load(file);
        byte[][] others = [.. Files.Select(row => SpdyReading.Load(row.Data))];
        for (int seed = 0; seed < Rounds; seed++)
        {
            byte[] damaged = Mutate(original, others, new Random(seed));
            try
            {
                Read(damaged);
            }
            catch (SpdyProtocolException)
            {
                // refused, as it should be
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed} of {file}: {e}\n{Convert.ToHexStringLower(damaged)}");
            }
        }
    }

    static int Read(byte[] bytes)
    {
        ReadOnlySequence<byte> input = new(bytes);
        SpdyFrameReader reader = new(Limits);
        using SpdyHeaderInflater inflater = new(Limits);
        int frames = 0;
        for (; reader.TryRead(ref input, out SpdyFrame frame); frames++)
        {
            if (frame.Type is not (SpdyFrameType.SynStream or SpdyFrameType.SynReply or SpdyFrameType.Headers)) continue;
            ReadOnlySpan<byte> block = inflater.Inflate(frame.Payload);
            Assert.InRange(block.Length, 0, Limits.InflatedBytes);
            Assert.InRange(SpdyHeaderBlock.Decode(block, Limits).Count, 0, Limits.Headers);
        }

        return frames;
    }

    static byte[] Mutate(byte[] original, byte[][] others, Random random)
    {
        List<byte> bytes = [.. original];
        for (int changes = random.Next(1, 6); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 24), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); break;
                case 5: bytes[at] = random.Next(2) == 0 ? (byte)0xff : (byte)0; break;
                default:
                    byte[] other = others[random.Next(others.Length)];
                    int from = random.Next(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + 64)]);
                    break;
            }
        }

        return [.. bytes];
    }
}
