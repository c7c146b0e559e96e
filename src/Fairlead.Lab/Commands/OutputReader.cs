using Fairlead.HostProcesses.Starting;
using Fairlead.Server.Commands;

namespace Fairlead.Lab.Commands;

/// <summary>Reads one output of a process: its pipe, or its terminal.</summary>
sealed class OutputReader(OutputSource source) : ICommandOutput
{
    /// <summary>What is still to be read after the draining time is over; null before.</summary>
    int? _rest;

    public int Available => source.Available;

    /// <summary>A process prints right into what is read.</summary>
    public int Behind => 0;

    public async ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken cancellationToken)
    {
        try
        {
            return await source.Stream.ReadAsync(room, cancellationToken);
        }
        catch (ObjectDisposedException)
        {
            return 0; // the terminal was hung up by its owner
        }
    }

    /// <summary>Reads for a log, which is written until nothing more is awaited.</summary>
    /// <param name="room">Where to.</param>
    /// <param name="drained">From then on nothing new is waited for; what lies in the pipe is still read.</param>
    /// <returns>The number of bytes; 0 at the end.</returns>
    internal async ValueTask<int> ReadToDrainAsync(Memory<byte> room, CancellationToken drained)
    {
        if (!drained.IsCancellationRequested)
        {
            try
            {
                return await ReadAsync(room, drained);
            }
            catch (OperationCanceledException) when (drained.IsCancellationRequested)
            {
                // what came until now is read below
            }
        }

        _rest ??= Available;
        room = room[..Math.Min(room.Length, _rest.Value)];
        if (room.IsEmpty) return 0;
        int count = await ReadAsync(room, CancellationToken.None); // there are bytes: this does not wait
        _rest -= count;
        return count;
    }
}
