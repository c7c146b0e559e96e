using System.CommandLine;
using Fairlead.Cli.CommandLine;
using Fairlead.Cli.Native;
using Fairlead.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Logging;

/// <summary>Where one run of the program logs, by its verb's options or, for verbs of clients, by the environment.</summary>
static class LogChoice
{
    const string LevelVariable = "FAIRLEAD_LOG", FileVariable = "FAIRLEAD_LOG_FILE";

    /// <summary>What the help of a client's verb says of it.</summary>
    public const string Help = $"""
        Environment:
          {LevelVariable}        what to log on standard error: {LogLevels.Known} (trace: each message's length)
          {FileVariable}   the file to log to instead; it is appended to
        """;

    /// <summary>Opens it before anything runs.</summary>
    /// <param name="verb">The verb; null for none.</param>
    /// <param name="parsed">Its line.</param>
    /// <param name="openError">Opens standard error.</param>
    /// <returns>Null where nothing is logged.</returns>
    /// <exception cref="UsageException">A level that is none, or a file that cannot be opened.</exception>
    public static LogOutput? Open(VerbCommand? verb, ParseResult parsed, Func<Stream> openError)
    {
        bool asksEnvironment = verb?.LogsByEnvironment == true;
        LogLevel? chosen = verb?.Log?.Chosen(parsed) ?? (asksEnvironment ? FromEnvironment() : null);
        LogLevel least = chosen ?? verb?.Log?.Default ?? LogLevel.None;
        if (least == LogLevel.None) return null;

        string? path = asksEnvironment ? Environment.GetEnvironmentVariable(FileVariable) : null;
        Stream target = string.IsNullOrEmpty(path) ? openError() : OpenFile(path);
        string lineEnd = string.IsNullOrEmpty(path) && StandardStreams.ErrorIsTerminal ? "\r\n" : "\n"; // the terminal may be raw by then
        ILogFormat format = verb?.Log?.IsJson(parsed) == true ? new JsonLines() : new TextLines(lineEnd);
        return new LogOutput(target, format, least, chosen is not null);
    }

    static LogLevel? FromEnvironment()
    {
        string? name = Environment.GetEnvironmentVariable(LevelVariable);
        if (string.IsNullOrEmpty(name)) return null;
        return LogLevels.Find(name) ?? throw new UsageException($"{LevelVariable} is \"{VisibleText.Line(name)}\", which is no log level: set it to one of {LogLevels.Known}, or unset it");
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
                $"{FileVariable} names \"{VisibleText.Line(path)}\", which cannot be written to: {e.Message}. Name another file, or unset it to log on standard error");
        }
    }
}
