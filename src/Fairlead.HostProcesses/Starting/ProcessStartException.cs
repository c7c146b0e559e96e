using Fairlead.Wire;

namespace Fairlead.HostProcesses.Starting;

/// <summary>A program does not exist, or cannot be run: it was not started.</summary>
public sealed class ProcessStartException : Exception
{
    ProcessStartException(int exitCode, string message) : base(VisibleText.Line(message)) => ExitCode = exitCode;

    /// <summary>The exit code that shells have for it: 127 for a program that does not exist, 126 for one that cannot be run.</summary>
    public int ExitCode { get; }

    internal static ProcessStartException NotFound(string message) => new(127, message);

    internal static ProcessStartException NotRunnable(string message) => new(126, message);
}
