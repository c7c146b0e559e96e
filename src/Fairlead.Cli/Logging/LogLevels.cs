using System.CommandLine.Parsing;
using Fairlead.Cli.CommandLine;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Logging;

/// <summary>The names of log levels, as options, variables and lines have them.</summary>
static class LogLevels
{
    public const string Known = "off, error, warn, info, debug and trace";

    /// <returns>Null for a word that names none.</returns>
    public static LogLevel? Find(string name) => name.ToUpperInvariant() switch
    {
        "OFF" or "NONE" => LogLevel.None,
        "ERROR" => LogLevel.Error,
        "WARN" or "WARNING" => LogLevel.Warning,
        "INFO" => LogLevel.Information,
        "DEBUG" => LogLevel.Debug,
        "TRACE" => LogLevel.Trace,
        _ => null,
    };

    public static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        _ => "error",
    };

    public static LogLevel? Parse(ArgumentResult result)
    {
        string text = result.Last;
        LogLevel? level = Find(text);
        if (level is null) result.AddError($"\"{text}\" is not a log level: {Known} are known");
        return level;
    }
}
