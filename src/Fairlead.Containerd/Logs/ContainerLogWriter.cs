using System.Buffers;
using System.IO.Pipelines;
using Fairlead.Server;

namespace Fairlead.Containerd.Logs;

/// <summary>Writes the part of a container's log file that a query asks for.</summary>
sealed class ContainerLogWriter(string path, ContainerLogQuery query, PipeWriter output, TimeSpan pollInterval, TimeProvider clock)
{
    long _left = query.LimitBytes ?? long.MaxValue, _skip;
    bool _inLine, _skipping;

    /// <summary>Writes what there is and, when asked to, what is added while the container runs.</summary>
    /// <param name="isRunning">Whether more can still be added.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task WriteAsync(Func<CancellationToken, Task<bool>> isRunning, CancellationToken cancellationToken)
    {
        if (query.TailLines is { } tail) _skip = Math.Max(0, await CountLinesAsync(cancellationToken) - Math.Max(0, tail));
        using LogFileReader reader = new(path);
        bool last = !query.Follow;
        while (_left > 0)
        {
            while (await reader.ReadAsync(Write, cancellationToken))
            {
                if ((await output.FlushAsync(cancellationToken)).IsCompleted || _left <= 0) return;
            }

            if (last) return;
            if (!await isRunning(cancellationToken)) last = true; // what it printed last is read once more
            // a file on any file system, in any mount: there is no event to await
            else await Task.Delay(pollInterval, clock, cancellationToken);
        }
    }

    async Task<long> CountLinesAsync(CancellationToken cancellationToken)
    {
        long count = 0;
        bool inLine = false;
        using LogFileReader reader = new(path);
        while (await reader.ReadAsync(Count, cancellationToken))
        {
        }

        return count;

        void Count(ReadOnlySpan<byte> line)
        {
            if (!CriLogLine.TryParse(line, out CriLogLine parsed) || !IsWanted(parsed)) return;
            if (!inLine) count++; // a last line without an end is one too
            inLine = !parsed.IsWhole;
        }
    }

    bool IsWanted(CriLogLine line) => query.Since is not { } since || line.At >= since;

    void Write(ReadOnlySpan<byte> line)
    {
        if (!CriLogLine.TryParse(line, out CriLogLine parsed) || !IsWanted(parsed)) return;
        bool begins = !_inLine;
        _inLine = !parsed.IsWhole;
        if (begins)
        {
            _skipping = _skip > 0;
            if (_skipping) _skip--;
        }

        if (_skipping) return;
        if (query.Timestamps && begins)
        {
            WriteLimited(parsed.Time);
            WriteLimited(" "u8);
        }

        WriteLimited(parsed.Text);
        if (parsed.IsWhole) WriteLimited("\n"u8);
    }

    void WriteLimited(ReadOnlySpan<byte> data)
    {
        data = data[..(int)Math.Min(data.Length, _left)];
        output.Write(data);
        _left -= data.Length;
    }
}
