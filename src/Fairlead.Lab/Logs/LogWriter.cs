using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Fairlead.Server;

namespace Fairlead.Lab.Logs;

/// <summary>Writes the part of a log that a query asks for.</summary>
sealed class LogWriter(ContainerLogQuery query, PipeWriter output)
{
    /// <summary>As container logs have it: RFC 3339 with nanoseconds.</summary>
    const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z '";

    long _left = query.LimitBytes ?? long.MaxValue;
    long _skip;

    /// <summary>Writes and, when asked to, follows to the end of the run.</summary>
    /// <exception cref="IOException">The reader was so slow for so long that the log has moved on.</exception>
    internal async Task WriteAsync(ContainerLog log, CancellationToken cancellationToken)
    {
        using LogFollower follower = log.Follow(fromStart: true);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(follower.CutOff, cancellationToken);
        long end = log.End;
        if (query.TailLines is { } tail) _skip = Math.Max(0, CountLines(log, follower.Taken, end) - Math.Max(0, tail));

        LogLines lines = new(Write);
        try
        {
            while (_left > 0 && (query.Follow || follower.Position < end) && await follower.NextAsync(either.Token) is { } chunk)
            {
                lines.Add(chunk);
                if ((await output.FlushAsync(either.Token)).IsCompleted) return;
            }

            lines.Complete();
            await output.FlushAsync(either.Token);
        }
        catch (OperationCanceledException e) when (follower.CutOff.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            string behind = follower.Behind.ToString(CultureInfo.InvariantCulture);
            throw new IOException($"The reader of the log fell {behind} bytes behind and was cut off.", e);
        }
    }

    /// <summary>The lines that are kept and wanted, one that is not ended yet included.</summary>
    long CountLines(ContainerLog log, LogChunk? before, long end)
    {
        long count = 0;
        LogLines lines = new((_, time) => count += IsWanted(time) ? 1 : 0);
        while (before is not null && log.After(before).Chunk is { } chunk && chunk.Offset < end)
        {
            lines.Add(chunk);
            before = chunk;
        }

        lines.Complete();
        return count;
    }

    bool IsWanted(DateTimeOffset time) => query.Since is not { } since || time >= since;

    void Write(ReadOnlySpan<byte> line, DateTimeOffset time)
    {
        if (!IsWanted(time)) return;
        if (_skip > 0)
        {
            _skip--;
            return;
        }

        if (query.Timestamps) WriteLimited(Encoding.ASCII.GetBytes(time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)));
        WriteLimited(line);
    }

    void WriteLimited(ReadOnlySpan<byte> data)
    {
        data = data[..(int)Math.Min(data.Length, _left)];
        output.Write(data);
        _left -= data.Length;
    }
}
