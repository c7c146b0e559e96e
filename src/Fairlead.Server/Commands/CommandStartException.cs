using Fairlead.Wire;

namespace Fairlead.Server.Commands;

/// <summary>A command could not be started. There is no process of it.</summary>
public sealed class CommandStartException : Exception
{
    /// <summary>The exit code that shells have for a command that does not exist.</summary>
    public const int NotFound = 127;

    /// <summary>The exit code that shells have for one that is there and cannot be run.</summary>
    public const int NotRunnable = 126;

    /// <summary>The command's own fault, which its client is told on standard error too, as by a shell.</summary>
    /// <param name="exitCode"><see cref="NotFound"/> or <see cref="NotRunnable"/>.</param>
    /// <param name="message">What is wrong with it.</param>
    /// <param name="cause">What was thrown, if anything was.</param>
    public CommandStartException(int exitCode, string message, Exception? cause = null)
        : this(Status.FromExitCode(exitCode, VisibleText.Line(message)), message, cause) => ExitCode = exitCode;

    /// <summary>Not the command's fault.</summary>
    /// <param name="status">What its client is told.</param>
    /// <param name="cause">What was thrown, if anything was.</param>
    public CommandStartException(Status status, Exception? cause = null) : this(status, status.Said.ToString(), cause)
    {
    }

    CommandStartException(Status status, string message, Exception? cause) : base(VisibleText.Line(message), cause) => Status = status;

    /// <summary>What its session ends with.</summary>
    public Status Status { get; }

    /// <summary>The exit code, where it is the command's own fault.</summary>
    public int? ExitCode { get; }
}
