namespace Fairlead.Server.Commands;

/// <summary>The input of a started command. One caller at a time.</summary>
public interface ICommandInput
{
    /// <summary>Writes all of it; waits while the command does not read.</summary>
    /// <exception cref="IOException">The command takes no more, which is its right.</exception>
    /// <exception cref="OperationCanceledException">The wait was given up; a part may have been written.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Tells the command that this was all: closes its pipe, or types what ends the input of a terminal.</summary>
    /// <param name="lineBegun">The last byte ended no line. A terminal has to be told twice then.</param>
    /// <param name="cancellationToken">Gives the wait up.</param>
    /// <exception cref="IOException">The command takes no more.</exception>
    ValueTask CompleteAsync(bool lineBegun, CancellationToken cancellationToken);
}
