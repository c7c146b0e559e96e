using Fairlead.Streaming.PortForward;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.Tests.PortForward;

/// <summary>What many conversations hold, idle and over: counted in the whole process, and so without others beside.</summary>
[Collection(Alone.Name)]
public sealed class ManyConversationsTests
{
    [Fact]
    public async Task A_thousand_idle_conversations_hold_no_buffer()
    {
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        (ForwardedStream first, ForwardedStream firstFar) = await pair.ConverseAsync(); // what the first one brings along
        await EndAsync(first, firstFar);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        List<(ForwardedStream Near, ForwardedStream Far)> open = [];
        byte[] one = new byte[1];
        for (int i = 0; i < 1000; i++)
        {
            (ForwardedStream near, ForwardedStream far) = await pair.ConverseAsync();
            await near.WriteAsync(one, Ct);
            await far.ReadExactlyAsync(one, Ct);
            await far.WriteAsync(one, Ct);
            await near.ReadExactlyAsync(one, Ct);
            open.Add((near, far));
        }

        Assert.InRange((GC.GetTotalMemory(forceFullCollection: true) - before) / 1000, long.MinValue, 16 * 1024); // both ends; a buffer each would be more
        Assert.InRange(pair.Server.Windows, 1, CarrierLimits.Default.WindowBytes + (1000L * WindowBudget.Least));
        foreach ((ForwardedStream near, ForwardedStream far) in open)
        {
            near.Abort();
            far.Abort();
            await EndAsync(near, far);
        }

        await ExpectNothingLeftAsync(pair);
    }

    /// <summary>A third end in order, a third are reset, a third are never read: so many in all, so many of them at once.</summary>
    [Fact(Timeout = 600_000)]
    public async Task Many_conversations_leave_nothing_behind()
    {
        (int count, int atOnce) = Repository.IsFull ? (10_000, 1_000) : (900, 90);
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        await RunAsync(count / 10); // what a first run brings along
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await RunAsync(count);
        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(held, long.MinValue, 16 << 20); // a third that was kept would be more
        Assert.False(pair.Client.Ended.IsCompleted || pair.Server.Ended.IsCompleted);

        async Task RunAsync(int conversations)
        {
            Task answering = Task.Run(async () =>
            {
                List<Task> running = [];
                for (int i = 0; i < conversations; i++) running.Add(AnswerAsync((await pair.Server.AcceptAsync(Ct))!));
                await Task.WhenAll(running);
            }, Ct);
            int next = 0;
            await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
            {
                await Task.Yield();
                while (Interlocked.Increment(ref next) is int i && i <= conversations) await AskAsync(i);
            }));
            await answering;
            await ExpectNothingLeftAsync(pair);
        }

        async Task AskAsync(int i)
        {
            await using ForwardedStream stream = await pair.Client.OpenAsync(1 + (i % 3), Ct);
            byte[] content = new byte[i % 3 == 2 ? 100_000 : 1000];
            new Random(i).NextBytes(content);
            switch (i % 3)
            {
                case 0: // echoed, each byte checked
                    await stream.WriteAsync(content, Ct);
                    await stream.CompleteWritesAsync(Ct);
                    byte[] back = new byte[content.Length];
                    await stream.ReadExactlyAsync(back, Ct);
                    Assert.True(content.AsSpan().SequenceEqual(back));
                    Assert.Equal(0, await stream.ReadAsync(back, Ct));
                    break;
                case 1: // reset by this side
                    await stream.WriteAsync(content, Ct);
                    stream.Abort();
                    break;
                default: // never read there, until it is given up
                    await Assert.ThrowsAnyAsync<IOException>(async () =>
                    {
                        while (true) await stream.WriteAsync(content, Ct);
                    });
                    break;
            }
        }

        async Task AnswerAsync(IncomingForward incoming)
        {
            await using ForwardedStream stream = incoming.Accept();
            byte[] buffer = new byte[4096];
            switch (incoming.Port)
            {
                case 1:
                    while (await stream.ReadAsync(buffer, Ct) is > 0 and int count) await stream.WriteAsync(buffer.AsMemory(0, count), Ct);
                    await stream.CompleteWritesAsync(Ct);
                    break;
                case 2:
                    await Assert.ThrowsAsync<ForwardResetException>(async () =>
                    {
                        while (await stream.ReadAsync(buffer, Ct) > 0)
                        {
                            // until the reset
                        }
                    });
                    break;
                default:
                    await Task.Yield();
                    stream.Abort();
                    break;
            }
        }
    }

    static Task EndAsync(ForwardedStream near, ForwardedStream far) => Task.WhenAll(near.DisposeAsync().AsTask(), far.DisposeAsync().AsTask());

    static Task ExpectNothingLeftAsync(ConversationPair pair) => Eventually.HoldsAsync(
        () => (pair.Client.Open, pair.Server.Open, pair.Client.Windows, pair.Server.Windows) == (0, 0, 0, 0),
        "no conversation and no window is left", cancellationToken: Ct);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
