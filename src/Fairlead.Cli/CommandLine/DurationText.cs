using System.CommandLine.Parsing;
using System.Globalization;
using Fairlead.Wire;

namespace Fairlead.Cli.CommandLine;

/// <summary>Durations on the command line, as <see cref="GoDuration"/> reads them.</summary>
static class DurationText
{
    /// <summary>
    /// For kubectl's <c>--request-timeout</c>: a number alone is seconds, and zero is no limit.
    /// </summary>
    public static TimeSpan? ParseLimit(ArgumentResult result)
    {
        string text = result.Last;
        if (text is ['0' or '1' or '2' or '3' or '4' or '5' or '6' or '7' or '8' or '9', ..]
            && int.TryParse(text, CultureInfo.InvariantCulture, out int seconds))
            text = $"{seconds}s";
        if (GoDuration.TryParse(text, out TimeSpan limit)) return limit == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : limit;
        result.AddError($"\"{text}\" is not a duration: write for instance 3s, 500ms or 2m, or 0 for no limit");
        return null;
    }

    /// <summary>For <c>--resume</c>: <c>auto</c> is for as long as the server keeps a session, <c>never</c> is zero.</summary>
    public static TimeSpan ParseResume(ArgumentResult result)
    {
        string text = result.Last;
        if (text == "auto") return Timeout.InfiniteTimeSpan;
        if (text == "never") return TimeSpan.Zero;
        if (GoDuration.TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero) return duration;
        result.AddError($"\"{text}\" is not a value of --resume: write auto, never, or a duration, for instance 30s or 2m");
        return default;
    }

    /// <summary>For an option: zero is refused, since no wait of ours can be that short.</summary>
    public static TimeSpan ParsePositive(ArgumentResult result)
    {
        string text = result.Last;
        if (GoDuration.TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero) return duration;
        result.AddError($"\"{text}\" is not a duration: write for instance 3s, 500ms or 2m");
        return default;
    }
}
