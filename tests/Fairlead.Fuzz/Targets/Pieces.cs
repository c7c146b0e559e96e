using System.Buffers;

namespace Fairlead.Fuzz.Targets;

/// <summary>Bytes as a network may deliver them: in segments of a few bytes.</summary>
sealed class Pieces : ReadOnlySequenceSegment<byte>
{
    Pieces(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

    internal static ReadOnlySequence<byte> Of(ReadOnlyMemory<byte> bytes, int size)
    {
        Pieces first = new(bytes[..Math.Min(size, bytes.Length)], 0), last = first;
        for (int at = size; at < bytes.Length; at += size)
        {
            Pieces next = new(bytes.Slice(at, Math.Min(size, bytes.Length - at)), at);
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
