using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Fairlead;

/// <summary>Reading a whole output at once.</summary>
public static class PipeReaderExtensions
{
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
}
