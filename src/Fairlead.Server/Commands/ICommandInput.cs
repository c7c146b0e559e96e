namespace Fairlead.Server.Commands;

/// <summary>The input of a started command. One caller at a time.</summary>
public interface ICommandInput
{
    /// <summary>Writes what there is room for; waits while the command does not read.</summary>
    /// <returns>How many bytes, at least one of what is not empty.</returns>
    /// <exception cref="IOException">The command takes no more, which is its right.</exception>
    /// <exception cref="OperationCanceledException">The wait was given up. Nothing was written by a command that can be suspended
    /// (<see cref="ISuspendableCommand"/>), and a part may have been by others.</exception>
    ValueTask<int> WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Tells the command that this was all: closes its pipe, or types what ends the input of a terminal.</summary>
    /// <param name="lineBegun">The last byte ended no line. A terminal has to be told twice then.</param>
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <exception cref="IOException">The command takes no more.</exception>
    /// <exception cref="OperationCanceledException">The wait was given up; it can be told anew.</exception>
    ValueTask CompleteAsync(bool lineBegun, CancellationToken cancellationToken);
}
