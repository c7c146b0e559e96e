using System.Net.Sockets;
using System.Threading.Channels;

namespace Fairlead.Testing;

/// <summary>
/// One direction of a connection: a reader that notes when each chunk came, a bounded queue, a writer that sends it when its time
/// has come. So latency is kept while chunks follow one another.
/// </summary>
sealed class FaultPump(Socket from, Socket to, FaultProxyOptions options, long? cutAfter, FaultGate gate)
{
    const int ChunkSize = 16 * 1024;

    /// <summary>Pumps until the end of input, which it passes on.</summary>
    /// <returns>False when the byte was reached after which to cut.</returns>
    internal async Task<bool> RunAsync(Action<int> forwarded, CancellationToken cancellationToken)
    {
        Channel<(long Due, byte[] Bytes)> queue = Channel.CreateBounded<(long, byte[])>(
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

    async Task ReadAsync(ChannelWriter<(long, byte[])> queue, CancellationToken cancellationToken)
    {
        Exception? error = null;
        try
        {
            byte[] buffer = new byte[ChunkSize];
            int read;
            while ((read = await from.ReceiveAsync(buffer, cancellationToken)) > 0)
            {
                long due = Environment.TickCount64 + (long)options.Latency.TotalMilliseconds;
                await queue.WriteAsync((due, buffer[..read]), cancellationToken);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            error = e; // told to the writer, which ends the direction
        }

        queue.Complete(error);
    }

    async Task<bool> WriteAsync(ChannelReader<(long Due, byte[] Bytes)> queue, Action<int> forwarded, CancellationToken cancellationToken)
    {
        long total = 0;
        double free = Environment.TickCount64; // when the limited line is free again
        await foreach ((long due, byte[] bytes) in queue.ReadAllAsync(cancellationToken))
        {
            ReadOnlyMemory<byte> chunk = bytes;
            long left = (cutAfter ?? long.MaxValue) - total;
            bool cut = chunk.Length >= left;
            if (cut) chunk = chunk[..(int)left];

            double start = Math.Max(due, free);
            if (options.BytesPerSecond is { } rate) start = free = Math.Max(due, free) + (chunk.Length * 1000.0 / rate);
            int wait = (int)(start - Environment.TickCount64);
            if (wait > 0) await Task.Delay(wait, cancellationToken);

            await gate.PassAsync(cancellationToken);
            for (ReadOnlyMemory<byte> rest = chunk; !rest.IsEmpty;) rest = rest[await to.SendAsync(rest, cancellationToken)..];
            total += chunk.Length;
            forwarded(chunk.Length);
            if (cut) return false;
        }

        await gate.PassAsync(cancellationToken); // a black hole swallows the end as well
        return true;
    }
}
