using System.Diagnostics;
using System.Globalization;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Native;
using Fairlead.Wire;

namespace Fairlead.Cli.Copies;

/// <summary>
/// Tells on standard error how far a copy is: a bar that is redrawn on a terminal, a line now and then elsewhere, nothing when quiet.
/// </summary>
sealed class CopyConsole(Invocation invocation, bool quiet) : IProgress<CopyProgress>
{
    static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(100), s_line = TimeSpan.FromSeconds(10);

    readonly bool _terminal = StandardStreams.ErrorIsTerminal;
    readonly long _started = Stopwatch.GetTimestamp();
    long _last = Stopwatch.GetTimestamp();
    long _firstBytes = -1, _firstAt;
    readonly Lock _lock = new();
    bool _drawn, _isOver;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    public void Report(CopyProgress value)
    {
        if (quiet) return;
        if (value.Phase == CopyPhase.Copying && _firstBytes < 0) (_firstBytes, _firstAt) = (value.Bytes, Stopwatch.GetTimestamp());
        bool due = Stopwatch.GetElapsedTime(_last) >= (_terminal ? s_redraw : s_line) || (_terminal && value.Phase != CopyPhase.Copying);
        if (!due) return;

        _last = Stopwatch.GetTimestamp();
        string line = Describe(value);
        lock (_lock)
        {
            if (_isOver) return;
            if (_terminal) invocation.Error.Draw(line, StandardStreams.ErrorColumns);
            else invocation.Error.WriteLine(line);
            _drawn = _terminal;
        }
    }

    /// <summary>A signal ends the copy: the bar stays as it is, and nothing is drawn any more.</summary>
    public void Interrupted()
    {
        lock (_lock)
        {
            if (_isOver) return;
            _isOver = true;
            if (_drawn) invocation.Error.WriteLine("");
            if (!quiet)
                invocation.Error.WriteLine("fairlead: interrupted: what has arrived is kept, and the same command goes on from there");
        }
    }

    /// <summary>A line of its own, above the bar.</summary>
    public void Say(string line)
    {
        if (quiet) return;
        Clear();
        invocation.Error.WriteLine("fairlead: " + line);
    }

    /// <summary>Takes the bar away.</summary>
    public void Clear()
    {
        if (_drawn) invocation.Error.Erase();
        _drawn = false;
    }

    string Describe(CopyProgress value)
    {
        switch (value.Phase)
        {
            case CopyPhase.Listing: return "listing";
            case CopyPhase.Verifying:
                return string.Create(
                CultureInfo.InvariantCulture, $"verifying {CopySummary.Files(value.TotalFiles)}, {Bytes(value.TotalBytes)}");
            case CopyPhase.Placing: return "placing";
        }

        double seconds = Stopwatch.GetElapsedTime(_firstAt).TotalSeconds;
        double rate = seconds > 0 ? (value.Bytes - _firstBytes) / seconds : 0;
        double part = value.TotalBytes > 0 ? Math.Min(1, (double)value.Bytes / value.TotalBytes) : 1;
        string left = rate > 0 ? Left(TimeSpan.FromSeconds(Math.Min((value.TotalBytes - value.Bytes) / rate, 359_999))) : "--:--";
        string bar = _terminal ? $"[{new string('#', (int)(part * 20)),-20}] " : "";
        string files = value.TotalFiles > 1
            ? string.Create(CultureInfo.InvariantCulture, $"  {value.Files}/{value.TotalFiles} files  {new PeerText(value.Path)}")
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{bar}{part * 100,3:0}%  {Bytes(value.Bytes)} of {Bytes(value.TotalBytes)}  {Bytes((long)rate)}/s  {left} left{files}");
    }

    static string Left(TimeSpan time) => time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"mm\:ss", CultureInfo.InvariantCulture);

    public static string Bytes(long bytes)
    {
        double value = bytes;
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        int unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++) value /= 1024;
        return unit == 0 ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B") : string.Create(
            CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }
}
