using Fairlead.Streaming.RemoteCommand;
using Fairlead.Wire;

namespace Fairlead.Server.Commands;

/// <summary>
/// Starts commands in one container. For commands, a runtime implements this and <see cref="IStartedCommand"/>. What happens to a command
/// after its start is written once, in
/// <see cref="CommandKeeper"/>.
/// </summary>
public interface ICommandStarter
{
    /// <summary>Its commands are <see cref="ISuspendableCommand"/>.</summary>
    bool CanSuspend => false;

    /// <summary>Starts a command.</summary>
    /// <param name="request">The command, and which of its channels are wanted.</param>
    /// <param name="size">The size that its terminal has from the first moment; null where none was told in time.</param>
    /// <param name="lost">
    /// The client is gone, or the server stops: there is no sense in starting. A start that cannot be given up halfway may go on; its
    /// command is then ended.
    /// </param>
    /// <returns>The command, which the caller disposes.</returns>
    /// <exception cref="CommandStartException">It could not be started. Nothing is left of it, now or as soon as the runtime can be
    /// asked.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="lost"/> fired before anything was started.</exception>
    Task<IStartedCommand> StartAsync(RemoteCommandRequest request, TerminalSize? size, CancellationToken lost);
}
