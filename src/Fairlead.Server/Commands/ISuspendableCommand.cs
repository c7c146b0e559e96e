using Fairlead.Streaming.RemoteCommand;

namespace Fairlead.Server.Commands;

/// <summary>A command that can go on with the next process of its server: it lives in somebody else's hands.</summary>
public interface ISuspendableCommand : IStartedCommand
{
    /// <summary>Hands it over, once nobody reads its outputs or writes its input any more. It is not disposed after this.</summary>
    /// <param name="input">How far its input has come, for whoever resumes it.</param>
    ISuspendedCommand Suspend(CommandInputState input);
}

/// <summary>How far the input of a command has come.</summary>
/// <param name="IsOver">The command has been told of its end, or takes no more: nothing is written any more.</param>
/// <param name="LineBegun">The last byte ended no line.</param>
public readonly record struct CommandInputState(bool IsOver, bool LineBegun);
