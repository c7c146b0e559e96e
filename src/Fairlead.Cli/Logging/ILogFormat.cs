namespace Fairlead.Cli.Logging;

/// <summary>How an entry is written. Safe for concurrent use.</summary>
interface ILogFormat
{
    /// <summary>The entry with the end of its line, as UTF-8.</summary>
    byte[] Write(in LogEntry entry);
}
