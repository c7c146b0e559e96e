using Fairlead.Wire.WebSockets;

namespace Fairlead.Fuzz.Targets;

/// <summary>
/// One direction of a WebSocket, seen by the observer of a relay. The first byte says which direction and how it is cut; what was seen must
/// not depend on the cut, and must lie within the bytes.
/// </summary>
static class WebSocketFramesTarget
{
    internal static void Run(byte[] input)
    {
        if (input.Length < 2) return;
        bool masked = (input[0] & 1) != 0;
        byte[] bytes = input[1..];
        string whole = Follow(bytes, masked, bytes.Length), cut = Follow(bytes, masked, 1 + (input[0] >> 5));
        FuzzTarget.Require(whole == cut, $"the cut shows: {whole}; {cut}");
    }

    static string Follow(byte[] bytes, bool masked, int step)
    {
        WebSocketFrameObserver observer = new(masked);
        StringBuilder frames = new();
        long[] counts = new long[256];
        int at = 0;
        try
        {
            while (at < bytes.Length)
            {
                int length = Math.Min(step, bytes.Length - at);
                ObservedPart part = observer.Observe(bytes.AsSpan(at, length));
                FuzzTarget.Require(part.Length > 0 && part.Length <= length, "the observer stands still, or looks beyond");
                FuzzTarget.Require(part.Payload.End.Value <= part.Length && part.Payload.Start.Value <= part.Payload.End.Value, "payload beyond what was looked at");
                if (part.First >= 0) counts[part.First] += part.Payload.End.Value - part.Payload.Start.Value;
                at += part.Length;
                FuzzTarget.Require(observer.IsBetweenFrames || !observer.IsBetweenMessages, "between messages, but not between frames");
                if (observer.IsBetweenFrames) frames.Append(at).Append(part.EndsMessage ? "m " : observer.IsBetweenMessages ? "b " : "f ");
            }
        }
        catch (FormatException)
        {
            frames.Append("refused ");
        }

        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0) frames.Append($"{i}:{counts[i]} ");
        }

        return frames.ToString();
    }
}
