using System.CommandLine.Parsing;
using Fairlead.Wire;

namespace Fairlead.Cli.CommandLine;

/// <summary>Durations on the command line, as <see cref="GoDuration"/> reads them.</summary>
static class DurationText
{
    /// <summary>For an option: zero is refused, since no wait of ours can be that short.</summary>
    public static TimeSpan ParsePositive(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (GoDuration.TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero) return duration;
        result.AddError($"\"{text}\" is not a duration: write for instance 3s, 500ms or 2m");
        return default;
    }
}
