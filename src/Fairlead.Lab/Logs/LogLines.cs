using System.Buffers;

namespace Fairlead.Lab.Logs;

/// <summary>Takes one line of a log, its line feed included where it has one.</summary>
delegate void LogLineHandler(ReadOnlySpan<byte> line, DateTimeOffset time);

/// <summary>
/// Cuts a log into lines. The two outputs are put together line by line, so that a line of one that is not ended yet is not mixed
/// with the other's. A line's time is that of its first byte.
/// </summary>
sealed class LogLines(LogLineHandler handler)
{
    /// <summary>A longer line is handed on in parts.</summary>
    const int LongestLine = 64 * 1024;

    readonly Pending _output = new(), _error = new();

    internal void Add(LogChunk chunk)
    {
        Pending pending = chunk.IsError ? _error : _output;
        ReadOnlySpan<byte> data = chunk.Data;
        while (data.IndexOf((byte)'\n') is var end and >= 0)
        {
            if (pending.Text.WrittenCount == 0) handler(data[..(end + 1)], chunk.Time);
            else
            {
                pending.Text.Write(data[..(end + 1)]);
                Flush(pending);
            }

            data = data[(end + 1)..];
        }

        if (data.IsEmpty) return;
        if (pending.Text.WrittenCount == 0) pending.Time = chunk.Time;
        pending.Text.Write(data);
        if (pending.Text.WrittenCount >= LongestLine) Flush(pending);
    }

    /// <summary>Hands on what has no line feed yet.</summary>
    internal void Complete()
    {
        if (_output.Text.WrittenCount > 0 && _error.Text.WrittenCount > 0) _output.Text.Write("\n"u8);
        Flush(_output);
        Flush(_error);
    }

    void Flush(Pending pending)
    {
        if (pending.Text.WrittenCount > 0) handler(pending.Text.WrittenSpan, pending.Time);
        pending.Text.ResetWrittenCount();
    }

    sealed class Pending
    {
        internal ArrayBufferWriter<byte> Text { get; } = new();

        internal DateTimeOffset Time { get; set; }
    }
}
