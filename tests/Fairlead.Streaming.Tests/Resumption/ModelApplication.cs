using System.Buffers;
using System.IO.Pipelines;
using Fairlead.Streaming.Resumption;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>What writes and reads the channels of one end: bytes that say where they belong, so that each one that comes can be checked.</summary>
sealed class ModelApplication(ResumableSession session, Random random)
{
    readonly Dictionary<byte, Stream> _writes = [], _reads = [];

    internal ResumableSession Session => session;

    internal void Write(byte channel, int length) => _writes[channel] = new Stream { Length = length };

    internal void Read(byte channel) => _reads[channel] = new Stream();

    internal bool HasRead(byte channel) => _reads[channel].HasEnded;

    internal int BytesRead(byte channel) => _reads[channel].At;

    internal bool HasWritten(byte channel) => _writes[channel].HasEnded;

    /// <summary>One step of one channel, if it can take one.</summary>
    internal void Step(byte channel, bool isGreedy = false)
    {
        if (session.Ended.IsCompleted) return; // lost, and told so to whoever waits for it
        if (_writes.TryGetValue(channel, out Stream? write)) WriteSome(channel, write, isGreedy);
        else ReadSome(channel, _reads[channel], isGreedy);
    }

    void WriteSome(byte channel, Stream stream, bool isGreedy)
    {
        if (stream.HasEnded) return;
        if (stream.Waiting is { } waiting)
        {
            if (!waiting.IsCompleted) return;
            stream.Waiting = null;
            waiting.GetAwaiter().GetResult();
        }

        PipeWriter writer = session.Writer(channel)!;
        if (stream.At == stream.Length)
        {
            stream.HasEnded = true;
            writer.Complete();
            return;
        }

        int count = Math.Min(stream.Length - stream.At, isGreedy ? 4000 : random.Next(1, 200));
        Span<byte> memory = writer.GetMemory(count).Span;
        for (int i = 0; i < count; i++) memory[i] = Expected(channel, stream.At + i);
        writer.Advance(count);
        stream.At += count;
#pragma warning disable CA2012 // looked at until it is complete, and then taken once: a Task of it would end on another thread, and the history be another
        stream.Waiting = writer.FlushAsync();
#pragma warning restore CA2012
    }

    void ReadSome(byte channel, Stream stream, bool isGreedy)
    {
        if (stream.HasEnded) return;
        PipeReader reader = session.Reader(channel)!;
        if (!reader.TryRead(out ReadResult result)) return;
        long most = isGreedy ? result.Buffer.Length : Math.Min(result.Buffer.Length, random.Next(1, 300));
        ReadOnlySequence<byte> taken = result.Buffer.Slice(0, most);
        foreach (ReadOnlyMemory<byte> part in taken)
        {
            foreach (byte value in part.Span)
            {
                if (value != Expected(channel, stream.At))
                    throw new InvalidOperationException($"byte {stream.At} of channel {channel} is {value:x2} instead of {Expected(channel, stream.At):x2}");
                stream.At++;
            }
        }

        bool isAll = most == result.Buffer.Length;
        reader.AdvanceTo(taken.End);
        if (!result.IsCompleted || !isAll) return;
        stream.HasEnded = true;
        if (random.Next(2) == 0) reader.Complete();
    }

    static byte Expected(byte channel, int offset) => (byte)((offset * 2654435761u >> 13) ^ (uint)(offset >> 3) ^ channel);

    sealed class Stream
    {
        internal int Length { get; init; }

        internal int At { get; set; }

        internal bool HasEnded { get; set; }

        internal ValueTask<FlushResult>? Waiting { get; set; }
    }
}
