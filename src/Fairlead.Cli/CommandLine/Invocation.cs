using Fairlead.Cli.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Cli.CommandLine;

/// <summary>One run of the program, as its verbs see it.</summary>
/// <param name="Output">Standard output for text.</param>
/// <param name="Error">Standard error for messages; written through at once.</param>
/// <param name="Arguments">The program's own arguments, as they were given.</param>
/// <param name="RemoteCommand">What stood after <c>--</c>, untouched; null where there was none.</param>
sealed record Invocation(TextWriter Output, MessageWriter Error, IReadOnlyList<string> Arguments, IReadOnlyList<string>? RemoteCommand)
{
    /// <summary>Where it logs, open before its verb runs; null for nowhere.</summary>
    public LogOutput? Log { get; set; }

    /// <summary>The same for what takes loggers.</summary>
    public ILoggerFactory Logging => (ILoggerFactory?)Log ?? NullLoggerFactory.Instance;
}
