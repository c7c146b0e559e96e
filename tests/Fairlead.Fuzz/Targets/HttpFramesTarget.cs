using System.Buffers;
using Fairlead.Node.CriProxy;

namespace Fairlead.Fuzz.Targets;

/// <summary>
/// What an HTTP/2 client sends, on its way through the rewriter of authorities. The first byte says how it is cut. What passes does not depend
/// on the cut, and what has passed once passes again as it is.
/// </summary>
static class HttpFramesTarget
{
    internal static void Run(byte[] input)
    {
        if (input.Length < 2) return;
        byte[] bytes = input[1..];
        (byte[] whole, bool isRefused) = Pass(bytes, bytes.Length);
        (byte[] cut, bool isCutRefused) = Pass(bytes, 1 + (input[0] & 63));
        FuzzTarget.Require(isRefused == isCutRefused, "the cut decides whether it is refused");
        FuzzTarget.RequireSame(whole, cut, "a conversation that came in pieces");
        (byte[] again, bool isRefusedAgain) = Pass(whole, whole.Length);
        FuzzTarget.Require(!isRefusedAgain, "what was written is refused");
        FuzzTarget.RequireSame(whole, again, "what has passed once");
    }

    static (byte[] Passed, bool IsRefused) Pass(byte[] bytes, int step)
    {
        ArrayBufferWriter<byte> output = new();
        ClientFrames frames = new(output);
        int from = 0;
        try
        {
            for (int arrived = Math.Min(step, bytes.Length); from < bytes.Length; arrived = Math.Min(arrived + step, bytes.Length))
            {
                ReadOnlySequence<byte> piece = Pieces.Of(bytes.AsMemory(from, arrived - from), step);
                from += (int)piece.Slice(0, frames.Take(piece)).Length;
                if (arrived == bytes.Length) break;
            }
        }
        catch (InvalidDataException)
        {
            return (output.WrittenSpan.ToArray(), true);
        }

        return (output.WrittenSpan.ToArray(), false);
    }
}
