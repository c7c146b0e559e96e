using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Fairlead.Server;

namespace Fairlead.Processes;

/// <summary>Writes the part of a log that a query asks for.</summary>
sealed class LogWriter(ContainerLogQuery query, PipeWriter output)
{
    /// <summary>As container logs have it: RFC 3339 with nanoseconds.</summary>
    const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z '";

    long _left = query.LimitBytes ?? long.MaxValue;
    bool _lineBegins = true;

    /// <summary>Writes and, when asked to, follows to the end of the run.</summary>
    /// <exception cref="IOException">The reader was so slow for so long that the log has moved on.</exception>
    internal async Task WriteAsync(ContainerLog log, CancellationToken cancellationToken)
    {
        using LogFollower follower = log.Follow(fromStart: true);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(follower.CutOff, cancellationToken);
        long end = log.End;
        long skip = query.TailLines is { } lines ? Math.Max(0, CountLines(log, follower.Taken, end) - Math.Max(0, lines)) : 0;
        try
        {
            while (_left > 0 && (query.Follow || (follower.Position < end)) && await follower.NextAsync(either.Token) is { } chunk)
            {
                if (!IsWanted(chunk)) continue;
                ReadOnlyMemory<byte> data = Skip(chunk.Data, ref skip);
                if (data.IsEmpty) continue;
                Write(data.Span, chunk.Time);
                if ((await output.FlushAsync(either.Token)).IsCompleted) return;
            }
        }
        catch (OperationCanceledException) when (follower.CutOff.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"The reader of the log fell {follower.Behind.ToString(CultureInfo.InvariantCulture)} bytes behind and was cut off.");
        }
    }

    bool IsWanted(LogChunk chunk) => query.Since is not { } since || chunk.Time >= since;

    /// <summary>The lines that are kept and wanted, one that is not ended yet included.</summary>
    long CountLines(ContainerLog log, LogChunk? before, long end)
    {
        long count = 0;
        bool open = false;
        for (LogChunk? chunk = before is null ? null : log.After(before).Chunk; chunk is not null && chunk.Offset < end; chunk = log.After(chunk).Chunk)
        {
            if (!IsWanted(chunk)) continue;
            count += chunk.Data.AsSpan().Count((byte)'\n');
            open = chunk.Data is [.., not (byte)'\n'];
        }

        return open ? count + 1 : count;
    }

    static ReadOnlyMemory<byte> Skip(ReadOnlyMemory<byte> data, ref long lines)
    {
        while (lines > 0)
        {
            int end = data.Span.IndexOf((byte)'\n');
            if (end < 0) return default;
            data = data[(end + 1)..];
            lines--;
        }

        return data;
    }

    void Write(ReadOnlySpan<byte> data, DateTimeOffset time)
    {
        if (!query.Timestamps)
        {
            WriteLimited(data);
            return;
        }

        byte[] stamp = Encoding.ASCII.GetBytes(time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
        while (!data.IsEmpty)
        {
            if (_lineBegins) WriteLimited(stamp);
            int end = data.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? data : data[..(end + 1)];
            WriteLimited(line);
            _lineBegins = end >= 0;
            data = data[line.Length..];
        }
    }

    void WriteLimited(ReadOnlySpan<byte> data)
    {
        data = data[..(int)Math.Min(data.Length, _left)];
        output.Write(data);
        _left -= data.Length;
    }
}
