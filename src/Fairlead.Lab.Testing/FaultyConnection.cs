using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Fairlead.Lab.Testing;

/// <summary>One connection through a <see cref="FaultyNetwork"/>: each direction with its bytes, its delay and its end.</summary>
sealed class FaultyConnection(Socket client, IPEndPoint server, Func<TimeSpan> latency) : IDisposable
{
    const int PieceSize = 16 * 1024;

    /// <summary>What may be on its way in one direction: 4 MiB.</summary>
    const int MostPieces = 256;

    readonly Socket _behind = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly CancellationTokenSource _over = new();
    int _cut;

    /// <summary>Joins both sides until both have ended. Never throws: what happens to one side happens to the other.</summary>
    internal async Task RunAsync()
    {
        try
        {
            client.NoDelay = _behind.NoDelay = true;
            await _behind.ConnectAsync(server);
            await Task.WhenAll(PassAsync(client, _behind), PassAsync(_behind, client));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Cut();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Interlocked.Exchange(ref _cut, 1); // there is nothing left to cut
        client.Dispose();
        _behind.Dispose();
        _over.Dispose();
    }

    /// <summary>Resets both sides.</summary>
    /// <returns>False where that was done before.</returns>
    internal bool Cut()
    {
        if (Interlocked.Exchange(ref _cut, 1) != 0) return false;
        _over.Cancel(); // what waits for its time, or for room, waits no longer
        client.Close(timeout: 0); // without this there would be an end in order first
        _behind.Close(timeout: 0);
        return true;
    }

    async Task PassAsync(Socket from, Socket to)
    {
        Channel<(byte[] Bytes, int Count, long Due)> way = Channel.CreateBounded<(byte[] Bytes, int Count, long Due)>(MostPieces);
        Task delivering = DeliverAsync(way.Reader, to);
        try
        {
            while (true)
            {
                byte[] piece = ArrayPool<byte>.Shared.Rent(PieceSize);
                int count = await from.ReceiveAsync(piece);
                long due = Stopwatch.GetTimestamp() + (long)(latency().TotalSeconds * Stopwatch.Frequency);
                await way.Writer.WriteAsync((piece, count, due), _over.Token);
                if (count == 0) break;
            }

            await delivering;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            way.Writer.TryComplete();
            Cut();
            await delivering;
        }
    }

    async Task DeliverAsync(ChannelReader<(byte[] Bytes, int Count, long Due)> way, Socket to)
    {
        try
        {
            await foreach ((byte[] bytes, int count, long due) in way.ReadAllAsync())
            {
                TimeSpan early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (early > TimeSpan.Zero) await Task.Delay(early, TimeProvider.System, _over.Token); // that is the latency
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                for (int sent = 0; sent < count;) sent += await to.SendAsync(bytes.AsMemory(sent, count - sent));
                ArrayPool<byte>.Shared.Return(bytes);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            Cut();
        }
    }
}
