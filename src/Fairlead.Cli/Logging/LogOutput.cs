using System.Text;
using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Logging;

/// <summary>Where this process logs: makes loggers, whose entries become lines of one stream. No caller ever waits for it.</summary>
/// <param name="target">The stream; never closed.</param>
/// <param name="format">How lines are written.</param>
/// <param name="least">Entries below this level are not told.</param>
/// <param name="isChosen">Somebody chose that level; otherwise that files were taken anew is told too, because somebody waits for
/// it.</param>
sealed class LogOutput(Stream target, ILogFormat format, LogLevel least, bool isChosen) : ILoggerFactory, ILoggerProvider
{
    const string Files = "Fairlead.Files";

    long _auditLostBefore;

    readonly LogQueue _queue = new(target, (dropped, audit) => TellDropped(format, dropped, audit));

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        new CategoryLogger(this, categoryName, !isChosen && categoryName == Files && least > LogLevel.Information
            ? LogLevel.Information
            : least);

    /// <summary>How many lines of an audit were lost; of all of them after <see cref="Dispose"/>.</summary>
    public long AuditLost => _queue.AuditLost;

    /// <summary>Writes a line of an audit between those of the log.</summary>
    /// <exception cref="IOException">Lines before it were lost. This one is taken nevertheless; it may be lost as well.</exception>
    public void WriteAudit(string line)
    {
        _queue.AddAudit(Encoding.UTF8.GetBytes(line + "\n"));
        long lost = _queue.AuditLost, more = lost - Interlocked.Exchange(ref _auditLostBefore, lost);
        if (more > 0) throw new IOException($"{more} lines before it were lost: there was no room for them, or they could not be written");
    }

    void Write<TState>(LogLevel level, string category, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        _queue.Add(format.Write(new LogEntry(
            DateTime.UtcNow, level, category, eventId.Name, formatter(state, null),
            state as IReadOnlyList<KeyValuePair<string, object?>> ?? [],
            LoggedFailure.Of(exception, withStacks: least <= LogLevel.Debug))));
    }

    static byte[] TellDropped(ILogFormat format, long count, long audit) => format.Write(new LogEntry(
        DateTime.UtcNow, audit > 0 ? LogLevel.Error : LogLevel.Warning, "Fairlead.Cli", "LinesDropped",
        $"{count} lines were dropped here{(audit > 0 ? $", {audit} of them lines of the audit" : "")}: they came faster than they " +
        "could be written, or could not be written",
        [new("Count", count), new("Audit", audit)], []));

    /// <summary>Waits until all that was told is written, or this time is over.</summary>
    public void WaitUntilWritten(TimeSpan patience) => _queue.WaitUntilWritten(patience);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This process logs to one place.");

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    sealed class CategoryLogger(LogOutput output, string category, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) output.Write(logLevel, category, eventId, state, exception, formatter);
        }
    }
}
