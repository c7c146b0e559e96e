using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Streaming.Tests.Resumption;

/// <summary>Sessions that are over leave nothing behind but their names, for as long as those are remembered. Counts what the whole process holds.</summary>
[Collection(Alone.Name)]
public sealed class ManySessionsTests
{
    /// <summary>A name that is remembered, with what a dictionary and a queue need for it, and room for them to grow.</summary>
    const int BytesOfName = 400;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 1_800_000)]
    public async Task Each_is_resumed_twice_and_memory_and_descriptors_are_flat()
    {
        int rounds = Repository.IsFull ? 100 : 8, together = Repository.IsFull ? 100 : 20, warm = rounds / 4;
        await using ResumedRoom room = new(run: async session =>
        {
            byte[] input = await session.StandardInput.ReadAllAsync(session.Lost);
            await session.StandardOutput.WriteAsync(input, session.Lost);
            await session.EndAsync(Status.Success);
        });
        (long bytes, int descriptors) before = default;
        for (int round = 0; round < rounds; round++)
        {
            if (round == warm) before = Measure();
            await RunAsync(room, together);
            room.Forget();
        }

        await Eventually.HoldsAsync(() => room.Server.Count == 0 && room.Proxy.OpenConnections == 0, "every session and connection is over", cancellationToken: Ct);
        (long bytes, int descriptors) after = Measure();
        long sessions = (long)(rounds - warm) * together;
        Measurement.Tell($"{rounds * together} sessions, each resumed twice: {(after.bytes - before.bytes) / 1024} KiB and {after.descriptors - before.descriptors} descriptors more after {sessions} of them");
        Assert.InRange(after.bytes - before.bytes, long.MinValue, sessions * BytesOfName + (1 << 20));
        Assert.InRange(after.descriptors - before.descriptors, int.MinValue, 0);
        Assert.Equal((rounds * together, 0L, 0), (room.Started, room.Server.KeptBytes, room.Server.Detached));
        Assert.InRange(room.Server.Resumed, 2L * rounds * together, long.MaxValue);
    }

    static async Task RunAsync(ResumedRoom room, int count)
    {
        int resumed = 0;
        TaskCompletionSource all = new();
        AskingSession[] clients = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => room.AskAsync(room.Ways(told =>
        {
            if (told.Kind is ResumeEventKind.Resumed && Interlocked.Increment(ref resumed) == count) Volatile.Read(ref all).TrySetResult();
        }))));
        for (int cut = 0; cut < 2; cut++)
        {
            Volatile.Write(ref resumed, 0);
            Volatile.Write(ref all, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            await Task.WhenAll(clients.Select(client => client.StandardInput.WriteAsync(new byte[] { (byte)cut }, Ct).AsTask()));
            room.Proxy.Cut(cut == 0 ? CutKind.Reset : CutKind.Fin);
            await all.Task.WaitAsync(TimeSpan.FromMinutes(1), Ct);
        }

        await Task.WhenAll(clients.Select(async client =>
        {
            await client.StandardInput.CompleteAsync();
            Assert.Equal([0, 1], await client.StandardOutput.ReadAllAsync(Ct));
            Assert.True((await client.Status).IsSuccess);
            await client.DisposeAsync();
        }));
    }

    static (long Bytes, int Descriptors) Measure()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return (GC.GetTotalMemory(forceFullCollection: true), ProcessFootprint.Of().Descriptors);
    }
}
