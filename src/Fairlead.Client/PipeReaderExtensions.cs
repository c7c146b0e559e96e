using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;

namespace Fairlead;

/// <summary>Reading an output as text: all of it at once, or line by line.</summary>
public static class PipeReaderExtensions
{
    internal const int LongestLine = 1024 * 1024;

    /// <summary>Reads UTF-8 text to the end of the output.</summary>
    /// <param name="reader">The output; completed afterwards.</param>
    /// <param name="mostBytes">The most that is taken; 16 MiB by default.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SessionLostException">The session was lost: what came before is a part, so it is not
    /// returned.</exception>
    /// <exception cref="OutputLimitException">There is more than <paramref name="mostBytes"/>.</exception>
    public static async Task<string> ReadToEndAsync(
        this PipeReader reader, int mostBytes = 16 * 1024 * 1024, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArrayBufferWriter<byte> text = new();
        while (true)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken);
            if (text.WrittenCount + result.Buffer.Length > mostBytes)
                throw new OutputLimitException(mostBytes);
            foreach (ReadOnlyMemory<byte> part in result.Buffer) text.Write(part.Span);
            reader.AdvanceTo(result.Buffer.End);
            if (!result.IsCompleted) continue;
            await reader.CompleteAsync();
            return Encoding.UTF8.GetString(text.WrittenSpan);
        }
    }

    /// <summary>Reads UTF-8 lines as they come, without their ends. Text behind the last end is a line too.</summary>
    /// <param name="reader">The output; completed at the end, and where the caller stops before it: what is left is then
    /// dropped.</param>
    /// <param name="mostBytes">The longest line. 1 MiB by default.</param>
    /// <param name="cancellationToken">Ends the wait for a line.</param>
    /// <exception cref="SessionLostException">The session was lost; a line that had not ended is not returned.</exception>
    /// <exception cref="OutputLimitException">A line is longer than <paramref name="mostBytes"/>.</exception>
    public static async IAsyncEnumerable<string> ReadLinesAsync(
        this PipeReader reader, int mostBytes = LongestLine, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArrayBufferWriter<byte> begun = new(); // of a line whose end has not come
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync(cancellationToken);
                ReadOnlySequence<byte> rest = result.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    Keep(rest.Slice(0, end));
                    rest = rest.Slice(rest.GetPosition(1, end));
                    yield return Take();
                }

                Keep(rest);
                reader.AdvanceTo(result.Buffer.End);
                if (!result.IsCompleted) continue;
                if (begun.WrittenCount > 0) yield return Take();
                yield break;
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }

        void Keep(ReadOnlySequence<byte> part)
        {
            if (begun.WrittenCount + part.Length > mostBytes) throw new OutputLimitException(mostBytes);
            foreach (ReadOnlyMemory<byte> piece in part) begun.Write(piece.Span);
        }

        string Take()
        {
            ReadOnlySpan<byte> line = begun.WrittenSpan;
            string text = Encoding.UTF8.GetString(line is [.., (byte)'\r'] ? line[..^1] : line);
            begun.ResetWrittenCount();
            return text;
        }
    }
}
