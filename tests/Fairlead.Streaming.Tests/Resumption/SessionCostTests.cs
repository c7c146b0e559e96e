using System.Diagnostics;
using System.IO.Pipelines;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>What a session that outlives its carriers costs beside v5, both ends in one process on loopback. Run by hand, on a machine that has nothing else to do.</summary>
public sealed class SessionCostTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Cost_beside_v5()
    {
        foreach (int round in Enumerable.Range(0, 3))
        {
            await using SessionPair plain = await SessionPair.OpenAsync();
            await using ResumedRoom room = new();
            await using AskingSession client = await room.AskAsync(room.Ways(to: room.Direct), room.Direct);
            await using AnsweringSession server = await room.Begun.WaitAsync(Ct);
            (double v5, double v5Echo) = await MeasureAsync(plain.Client, plain.Server);
            (double resumable, double echo) = await MeasureAsync(client, server);
            Measurement.Tell(
                $"round {round}: v5 {v5:0} MB/s, session {resumable:0} MB/s; echo v5 {v5Echo:0.0} us, session {echo:0.0} us");
        }
    }

    static async Task<(double MegabytesPerSecond, double EchoMicroseconds)> MeasureAsync(AskingSession client, AnsweringSession server)
    {
        const int Echoes = 5000;
        const long Length = 1L << 30;
        long began = Stopwatch.GetTimestamp();
        Task echoing = Task.Run(async () =>
        {
            for (int i = 0; i < Echoes; i++)
            {
                byte[] key = System.Text.Encoding.UTF8.GetBytes(await server.StandardInput.ReadTextAsync(1));
                await server.StandardOutput.WriteAsync(key, Ct);
            }
        }, Ct);
        for (int i = 0; i < Echoes; i++)
        {
            await client.StandardInput.WriteAsync("x"u8.ToArray(), Ct);
            await client.StandardOutput.ReadTextAsync(1);
        }

        await echoing;
        double echo = Stopwatch.GetElapsedTime(began).TotalMicroseconds / Echoes;
        began = Stopwatch.GetTimestamp();
        Task writing = Task.Run(async () =>
        {
            for (long at = 0; at < Length;)
            {
                Memory<byte> memory = server.StandardOutput.GetMemory();
                int count = (int)Math.Min(memory.Length, Length - at);
                server.StandardOutput.Advance(count);
                at += count;
                await server.StandardOutput.FlushAsync(Ct);
            }
        }, Ct);
        for (long at = 0; at < Length;)
        {
            ReadResult read = await client.StandardOutput.ReadAsync(Ct);
            at += read.Buffer.Length;
            client.StandardOutput.AdvanceTo(read.Buffer.End);
        }

        await writing;
        return (Length / 1e6 / Stopwatch.GetElapsedTime(began).TotalSeconds, echo);
    }

    [Fact(Explicit = true)]
    public async Task Idle_memory_beside_v5()
    {
        const int Count = 400;
        for (int round = 0; round < 2; round++) // the first warms up
        {
            await using ResumedRoom room = new(run: async session =>
            {
                await session.StandardOutput.WriteAsync((await session.StandardInput.ReadAtLeastAsync(1, session.Lost)).Buffer.First, session.Lost);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, session.Lost).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
            double session = await OfAsync(async () => (await room.AskAsync(room.Ways(to: room.Direct), room.Direct), null));
            double v5 = await OfAsync(static async () =>
            {
                SessionPair pair = await SessionPair.OpenAsync();
                return (pair.Client, pair.Server);
            });
            Measurement.Tell($"an idle session, both ends: {session / 1024:0.0} KiB, of v5 {v5 / 1024:0.0} KiB, so {(session - v5) / 1024:0.0} KiB more");
        }

        static async Task<double> OfAsync(Func<Task<(AskingSession Client, AnsweringSession? Server)>> open)
        {
            long before = Heap();
            List<(AskingSession Client, AnsweringSession? Server)> pairs = [];
            for (int i = 0; i < Count; i++)
            {
                var (client, server) = await open();
                await client.StandardInput.WriteAsync("x"u8.ToArray(), Ct);
                if (server is not null)
                {
                    await server.StandardInput.ReadTextAsync(1);
                    await server.StandardOutput.WriteAsync("x"u8.ToArray(), Ct);
                }

                await client.StandardOutput.ReadTextAsync(1);
                pairs.Add((client, server));
            }

            double each = (Heap() - before) / (double)Count;
            foreach (var (client, server) in pairs)
            {
                await client.DisposeAsync();
                if (server is not null) await server.DisposeAsync();
            }

            return each;
        }

        static long Heap()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return GC.GetTotalMemory(forceFullCollection: true);
        }
    }
}
