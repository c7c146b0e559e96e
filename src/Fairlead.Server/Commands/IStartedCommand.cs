using Fairlead.Wire;

namespace Fairlead.Server.Commands;

/// <summary>
/// A command that runs, or has ended, and all that this side holds of it. It can outlive the session that it was started for.
/// </summary>
/// <remarks>Disposal ends what still runs, has the system or the runtime forget it, and closes and deletes what is left. It is done once,
/// and never throws.</remarks>
public interface IStartedCommand : IAsyncDisposable
{
    /// <summary>Where its input is written; null when none was asked for.</summary>
    ICommandInput? Input { get; }

    /// <summary>Its output, or its terminal's; null when there is none to read.</summary>
    ICommandOutput? Output { get; }

    /// <summary>Its error output; null when there is none to read, as with a terminal.</summary>
    ICommandOutput? Error { get; }

    /// <summary>
    /// How it ended, once it has: success, an exit code, or an error where that is not known. Never faults and is never cancelled.
    /// </summary>
    Task<Status> Exited { get; }

    /// <summary>Sets the size of its terminal. One that has ended takes no harm.</summary>
    Task ResizeAsync(TerminalSize size);

    /// <summary>
    /// Sends what a terminal sends that is closed: SIGHUP to the command, and to its group where the runtime can, and the end of its input.
    /// What ignores it lives on.
    /// </summary>
    Task HangUpAsync();

    /// <summary>
    /// Ends it with all that it started: asks first, then kills. Returns when nothing of it is found any more, or cannot be ended.
    /// </summary>
    /// <param name="hangUp">
    /// Closes its terminal too, because nobody reads it any more. An interactive shell that gets the signals just before it begins to wait
    /// for input is ended by nothing else.
    /// </param>
    Task TerminateAsync(bool hangUp);
}
