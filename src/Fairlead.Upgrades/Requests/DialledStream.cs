using System.Net.Sockets;

namespace Fairlead.Upgrades.Requests;

/// <summary>A connection that tells its dialler when its first byte has come. Behind that it adds a call and nothing else.</summary>
/// <param name="socket">The connection, which is disposed with this.</param>
/// <param name="heard">Called once.</param>
sealed class DialledStream(Socket socket, Action heard) : NetworkStream(socket, ownsSocket: true)
{
    volatile bool _isHeard;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _isHeard ? base.ReadAsync(buffer, cancellationToken) : FirstAsync(
            base.ReadAsync(buffer, cancellationToken), isWait: buffer.IsEmpty);

    /// <param name="reading">The read.</param>
    /// <param name="isWait">It takes nothing, and ends when there is something.</param>
    async ValueTask<int> FirstAsync(ValueTask<int> reading, bool isWait)
    {
        int count = await reading;
        if ((count > 0 || isWait) && !_isHeard)
        {
            _isHeard = true;
            heard();
        }

        return count;
    }
}
