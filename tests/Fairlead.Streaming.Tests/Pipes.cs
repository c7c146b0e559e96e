using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Fairlead.Streaming.Tests;

static class Pipes
{
    internal static async Task<byte[]> ReadAllAsync(this PipeReader reader, CancellationToken cancellationToken = default)
    {
        ArrayBufferWriter<byte> all = new();
        while (true)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken);
            foreach (ReadOnlyMemory<byte> part in result.Buffer) all.Write(part.Span);
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return all.WrittenSpan.ToArray();
        }
    }

    internal static async Task<string> ReadTextAsync(this PipeReader reader, int length)
    {
        ReadResult result = await reader.ReadAtLeastAsync(length);
        string text = Encoding.UTF8.GetString(result.Buffer);
        reader.AdvanceTo(result.Buffer.End);
        return text;
    }
}
