using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Native;
using Fairlead.Cli.Terminals;
using Fairlead.Cli.Usage;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Logging;

/// <summary>Where one run of the program logs, by its verb's options or, where those say nothing, by the environment.</summary>
static class LogChoice
{
    const string LevelVariable = "FAIRLEAD_LOG", FileVariable = "FAIRLEAD_LOG_FILE", FormatVariable = "FAIRLEAD_LOG_FORMAT";

    /// <summary>What the help of a client's verb says of it.</summary>
    public const string Help = $"""
        Environment:
          {LevelVariable}          what to log on standard error: {LogLevels.Known} (trace: each message's length)
          {FileVariable}     the file to log to instead; it is appended to
          {FormatVariable}   text, or json: one object a line
        """;

    /// <summary>Opens it before anything runs.</summary>
    /// <param name="verb">The verb; null for none.</param>
    /// <param name="parsed">Its line.</param>
    /// <param name="openError">Opens standard error.</param>
    /// <returns>Null where nothing is logged.</returns>
    /// <exception cref="UsageException">A level that is none, or a file that cannot be opened.</exception>
    public static LogOutput? Open(VerbCommand? verb, ParseResult parsed, Func<Stream> openError)
    {
        if (verb is not { Log: not null } and not { LogsByEnvironment: true }) return null;
        LogLevel? chosen = verb.Log?.Chosen(parsed) ?? FromEnvironment();
        LogLevel least = chosen ?? verb.Log?.Default ?? LogLevel.None;
        if (least == LogLevel.None && verb.Log?.Default is null or LogLevel.None) return null; // who logs by default has an audit too

        string? path = Environment.GetEnvironmentVariable(FileVariable);
        Stream target = string.IsNullOrEmpty(path) ? openError() : OpenFile(path);
        bool isTerminal = string.IsNullOrEmpty(path) && StandardStreams.ErrorIsTerminal;
        ILogFormat format = (verb.Log?.Format(parsed) ?? FormatFromEnvironment()) == "json"
            ? new JsonLines()
            : new TextLines(() => isTerminal && RawMode.IsOn);
        return new LogOutput(target, format, least, chosen is not null);
    }

    static string? FormatFromEnvironment() => Environment.GetEnvironmentVariable(FormatVariable) switch
    {
        null or "" => null,
        var name when name.ToUpperInvariant() is "JSON" => "json",
        var name when name.ToUpperInvariant() is "TEXT" => "text",
        var name => throw new UsageException(
            $"{FormatVariable} is \"{VisibleText.Line(name)}\", which is no log format: set it to text or json, or unset it"),
    };

    static LogLevel? FromEnvironment()
    {
        string? name = Environment.GetEnvironmentVariable(LevelVariable);
        if (string.IsNullOrEmpty(name)) return null;
        return LogLevels.Find(name) ?? throw new UsageException(
            $"{LevelVariable} is \"{VisibleText.Line(name)}\", which is no log level: set it to one of {LogLevels.Known}, or unset it");
    }

    static Stream OpenFile(string path)
    {
        try
        {
            return LogFile.Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UsageException(
                $"{FileVariable} names \"{VisibleText.Line(path)}\", which cannot be written to: {e.Message.TrimEnd('.')}. Name " +
                "another file, or unset it to log on standard error");
        }
    }
}
