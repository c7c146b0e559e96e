using Fairlead.Cli.CommandLine;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Gateway;

/// <summary>Logs one line an entry. Exceptions by their kind alone: their messages may quote what a caller sent.</summary>
sealed class LineLogger(MessageWriter output, LogLevel least) : ILoggerProvider, ILogger
{
    /// <summary>That a certificate was replaced is told at any level: somebody waits for it.</summary>
    public ILogger CreateLogger(string categoryName) => categoryName == "Fairlead.Files" && least > LogLevel.Information ? new LineLogger(output, LogLevel.Information) : this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        string line = $"fairlead: {formatter(state, null)}{(exception is null ? "" : " (" + exception.GetType().Name + ")")}";
        output.WriteLine(line);
    }

    public void Dispose()
    {
    }
}
