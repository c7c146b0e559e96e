namespace Fairlead.Server.Commands;

/// <summary>One output of a started command. One caller at a time.</summary>
public interface ICommandOutput
{
    /// <summary>Waits for bytes.</summary>
    /// <returns>Their number; 0 at the end: when the command, and whatever it left behind, has let go of the output.</returns>
    /// <exception cref="OperationCanceledException">The wait was given up; nothing was read.</exception>
    ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken cancellationToken);

    /// <summary>Bytes that can be read at once.</summary>
    int Available { get; }

    /// <summary>
    /// At most so many bytes that were printed already lie between the command and <see cref="Available"/>, in others' buffers. 0 where the
    /// command prints right into what is read here.
    /// </summary>
    int Behind { get; }
}
