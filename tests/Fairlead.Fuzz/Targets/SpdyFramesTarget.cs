using System.Buffers;
using Fairlead.Wire.Spdy;

namespace Fairlead.Fuzz.Targets;

/// <summary>
/// A connection's bytes. What is read is written again as the same bytes, since a frame has only one encoding; and it is the same,
/// refusals included, however the bytes were cut. The first byte says how: pieces of 1 to 16 bytes.
/// </summary>
static class SpdyFramesTarget
{
    static readonly SpdyLimits Limits = new() { HeaderBlockBytes = 256, Settings = 4, DataBytes = 1024 };

    internal static void Run(byte[] input)
    {
        if (input.Length == 0) return;
        byte[] bytes = input[1..];
        (string whole, byte[] written, int taken) = Read(bytes, Math.Max(1, bytes.Length));
        FuzzTarget.RequireSame(bytes.AsSpan(0, taken), written, "frames that were written again");
        string cut = Read(bytes, 1 + (input[0] & 15)).Outcome;
        FuzzTarget.Require(whole == cut, $"the cut shows:\n{whole}\n{cut}");
    }

    static (string Outcome, byte[] Written, int Taken) Read(byte[] bytes, int step)
    {
        StringBuilder outcome = new();
        ArrayBufferWriter<byte> written = new(), data = new();
        SpdyFrameReader reader = new(Limits);
        int taken = 0; // what the reader has sliced off, up to the end of the last whole frame
        int from = 0;
        try
        {
            for (int arrived = Math.Min(step, bytes.Length); ; arrived = Math.Min(arrived + step, bytes.Length))
            {
                ReadOnlySequence<byte> input = Pieces.Of(bytes.AsMemory(from, arrived - from), step);
                while (reader.TryRead(ref input, out SpdyFrame frame))
                {
                    FuzzTarget.Require(frame.Payload.Length <= Math.Max(Limits.DataBytes, reader.LongestControlFrame), "a payload is beyond its limit");
                    foreach (ReadOnlyMemory<byte> part in frame.Payload) data.Write(part.Span);
                    if (reader.IsInsideData) continue;
                    frame = frame with { Payload = new ReadOnlySequence<byte>(data.WrittenSpan.ToArray()) };
                    data.ResetWrittenCount();
                    frame.WriteTo(written);
                    outcome.Append($"{frame.Type} {frame.Flags} {frame.Id} {frame.Value} {frame.Priority} {Convert.ToHexStringLower(frame.Payload.ToArray())}\n");
                    taken = (int)reader.Offset;
                }

                from = arrived - (int)input.Length;
                FuzzTarget.Require(from == reader.Offset, "the offset is not what was taken");
                FuzzTarget.Require(input.Length < reader.LongestControlFrame, "more is held than a control frame may have");
                if (arrived == bytes.Length) break;
            }

            outcome.Append($"{reader.Offset} {reader.IsInsideData}");
        }
        catch (SpdyProtocolException e)
        {
            FuzzTarget.Require(e.Offset == reader.Offset, "a refusal names another place");
            outcome.Append($"{e.Offset} {e.Message}");
        }

        return (outcome.ToString(), written.WrittenSpan.ToArray(), taken);
    }
}
