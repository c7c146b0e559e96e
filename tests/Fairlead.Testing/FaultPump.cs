using System.Net.Sockets;
using System.Threading.Channels;

namespace Fairlead.Testing;

/// <summary>
/// One direction of a connection: a reader that notes when each chunk came, a bounded queue, a writer that sends it when its time
/// has come. So latency is kept while chunks follow one another.
/// </summary>
sealed class FaultPump(
    Socket from, Socket to, FaultProxyOptions options, long? cutAfter, FaultGate gate, RoundTrips trips, ProxyDirections direction)
{
    const int ChunkSize = 16 * 1024;

    /// <summary>Called when the source sends no more, before the end is on its way.</summary>
    internal Action Ended { private get; init; } = static () => { };

    /// <summary>True where nobody hears any longer what arrives.</summary>
    internal Func<bool> IsUnheard { private get; init; } = static () => false;

    /// <summary>Pumps until the end of input, which it passes on.</summary>
    /// <returns>False when the byte was reached after which to cut.</returns>
    internal async Task<bool> RunAsync(Action<int> forwarded, CancellationToken cancellationToken)
    {
        Channel<Chunk> queue = Channel.CreateBounded<Chunk>(
            new BoundedChannelOptions(Math.Max(1, options.BytesInFlight / ChunkSize)) { SingleReader = true, SingleWriter = true });
        using CancellationTokenSource writerEnded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task reading = ReadAsync(queue.Writer, writerEnded.Token);
        try
        {
            if (!await WriteAsync(queue.Reader, forwarded, cancellationToken)) return false;
            to.Shutdown(SocketShutdown.Send);
            return true;
        }
        finally
        {
            await writerEnded.CancelAsync();
            await reading;
        }
    }

    async Task ReadAsync(ChannelWriter<Chunk> queue, CancellationToken cancellationToken)
    {
        Exception? error = null;
        try
        {
            byte[] buffer = new byte[ChunkSize];
            int read;
            do
            {
                read = await from.ReceiveAsync(buffer, cancellationToken);
                if (read == 0) Ended();
                long due = Environment.TickCount64 + (long)options.Latency.TotalMilliseconds;
                await queue.WriteAsync(new Chunk(due, trips.Sent(direction), buffer[..read]), cancellationToken);
            }
            while (read > 0);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Ended();
            error = e; // told to the writer, which ends the direction
        }

        queue.Complete(error);
    }

    async Task<bool> WriteAsync(ChannelReader<Chunk> queue, Action<int> forwarded, CancellationToken cancellationToken)
    {
        long total = 0;
        double free = Environment.TickCount64; // when the limited line is free again
        await foreach ((long due, int trip, byte[] bytes) in queue.ReadAllAsync(cancellationToken))
        {
            ReadOnlyMemory<byte> chunk = bytes;
            long left = (cutAfter ?? long.MaxValue) - total;
            bool cut = chunk.Length >= left && chunk.Length > 0;
            if (cut) chunk = chunk[..(int)left];

            double start = Math.Max(due, free);
            if (options.BytesPerSecond is { } rate) start = free = Math.Max(due, free) + (chunk.Length * 1000.0 / rate);
            int wait = (int)(start - Environment.TickCount64);
            if (wait > 0) await Task.Delay(wait, cancellationToken);

            await gate.PassAsync(cancellationToken);
            if (!IsUnheard()) trips.Arrived(direction, trip);
            if (bytes.Length == 0) return true;
            for (ReadOnlyMemory<byte> rest = chunk; !rest.IsEmpty;) rest = rest[await to.SendAsync(rest, cancellationToken)..];
            total += chunk.Length;
            forwarded(chunk.Length);
            if (cut) return false;
        }

        return true;
    }

    /// <param name="Due">When it arrives.</param>
    /// <param name="Trip">The round trip that it belongs to.</param>
    /// <param name="Bytes">What it is; nothing for the end, which a black hole swallows as well.</param>
    readonly record struct Chunk(long Due, int Trip, byte[] Bytes);
}
