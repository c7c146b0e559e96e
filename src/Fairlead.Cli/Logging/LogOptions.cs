using System.CommandLine;
using System.CommandLine.Parsing;
using Fairlead.Cli.CommandLine;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Logging;

/// <summary>The options by which a verb that serves is told what to log, and how.</summary>
/// <param name="byDefault">The level where none is chosen.</param>
/// <param name="hasVerbose">The verb takes <c>-v</c> for debug; false where that means something else.</param>
sealed class LogOptions(LogLevel byDefault, bool hasVerbose = true)
{
    readonly Option<LogLevel?> _level = new("--log-level")
    {
        HelpName = "LEVEL",
        Description = $"What to log on standard error: {LogLevels.Known}"
            + (byDefault == LogLevel.None ? " (default: nothing)" : $" (default {LogLevels.NameOf(byDefault)})"),
        CustomParser = LogLevels.Parse,
    };

    readonly Option<string> _format = new("--log-format")
    {
        HelpName = "FORMAT",
        Description = "text, or json: one object a line (default text)",
        DefaultValueFactory = _ => "text",
        CustomParser = ParseFormat,
    };

    readonly Option<bool> _verbose = new(
        "--verbose",
        "-v")
    { Description = "The same as --log-level debug: each session, each refusal, and how each connection came about" };

    public void AddTo(Command command)
    {
        _format.CompletionSources.Add("text", "json");
        _level.CompletionSources.Add("off", "error", "warn", "info", "debug", "trace");
        command.Add(_level);
        command.Add(_format);
        if (hasVerbose) command.Add(_verbose);
    }

    /// <summary>What was chosen; null where nothing was.</summary>
    public LogLevel? Chosen(ParseResult parsed) =>
        parsed.GetValue(_level) ?? (hasVerbose && parsed.GetValue(_verbose) ? LogLevel.Debug : null);

    public LogLevel Default => byDefault;

    /// <summary>The format that was chosen; null where none was.</summary>
    public string? Format(ParseResult parsed) => parsed.GetResult(_format) is { Implicit: false } ? parsed.GetValue(_format) : null;

    static string ParseFormat(ArgumentResult result)
    {
        string text = result.Last;
        if (text is not ("text" or "json")) result.AddError($"\"{text}\" is not a log format: text and json are known");
        return text;
    }
}
