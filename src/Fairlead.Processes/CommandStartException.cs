using Fairlead.Wire;

namespace Fairlead.Processes;

/// <summary>A command could not be started. No process came to be.</summary>
sealed class CommandStartException(int exitCode, string message) : Exception(VisibleText.Line(message))
{
    /// <summary>The exit code that shells have for this: 127 for a command that does not exist.</summary>
    internal const int NotFound = 127;

    /// <summary>The exit code that shells have for this: 126 for one that is there and cannot be run.</summary>
    internal const int NotRunnable = 126;

    /// <summary>The exit code to report.</summary>
    internal int ExitCode { get; } = exitCode;
}
