using Fairlead.Streaming.PortForward;
using Fairlead.Testing;
using Fairlead.Wire.PortForward;

namespace Fairlead.Streaming.Tests.PortForward;

/// <summary>Conversations on one carrier: each has ends, a reset and a window of its own.</summary>
public sealed class ConversationTests
{
    [Fact]
    public async Task Each_direction_has_its_end_and_nothing_is_left()
    {
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        (ForwardedStream near, ForwardedStream far) = await pair.ConverseAsync(8080);
        await far.WriteAsync("greeting"u8.ToArray(), Ct);
        await far.CompleteWritesAsync(Ct);
        using (StreamReader reader = new(near, leaveOpen: true)) Assert.Equal("greeting", await reader.ReadToEndAsync(Ct));
        await near.WriteAsync("still here"u8.ToArray(), Ct);
        await near.CompleteWritesAsync(Ct);
        using (StreamReader reader = new(far, leaveOpen: true)) Assert.Equal("still here", await reader.ReadToEndAsync(Ct));
        await EndAsync(near, far);
        await ExpectNothingLeftAsync(pair);
        await pair.Client.CloseAsync();
        Assert.Null(await pair.Client.Ended.WaitAsync(Ct));
        Assert.Null(await pair.Server.Ended.WaitAsync(Ct));
    }

    [Fact]
    public async Task Much_goes_both_ways_at_once_and_the_window_grows_and_comes_back()
    {
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        (ForwardedStream near, ForwardedStream far) = await pair.ConverseAsync();
        const int Size = 48 << 20;
        long widest = 0;
        await Task.WhenAll(SendAsync(near, 1), SendAsync(far, 2), ExpectAsync(near, 2), ExpectAsync(far, 1));
        Assert.True(widest > WindowBudget.Usual, $"the widest window was {widest}");
        Assert.InRange(widest, 1, CarrierLimits.Default.WindowBytes);
        await EndAsync(near, far);
        await ExpectNothingLeftAsync(pair);

        async Task SendAsync(ForwardedStream stream, ulong seed)
        {
            using RandomByteStream content = new(Size, seed);
            await content.CopyToAsync(stream, Ct);
            await stream.CompleteWritesAsync(Ct);
        }

        async Task ExpectAsync(ForwardedStream stream, ulong seed)
        {
            using RandomByteStream expected = new(Size, seed);
            byte[] got = new byte[64 * 1024], wanted = new byte[got.Length];
            while (await stream.ReadAsync(got, Ct) is > 0 and int count)
            {
                await expected.ReadExactlyAsync(wanted.AsMemory(0, count), Ct);
                Assert.True(wanted.AsSpan(0, count).SequenceEqual(got.AsSpan(0, count)));
                widest = Math.Max(widest, Math.Max(pair.Client.Windows, pair.Server.Windows));
            }

            Assert.Equal(0, await expected.ReadAsync(wanted, Ct));
        }
    }

    [Fact]
    public async Task One_that_nobody_reads_holds_up_nobody_and_holds_no_more_than_its_window()
    {
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        (ForwardedStream stuck, ForwardedStream unread) = await pair.ConverseAsync();
        long sent = 0;
        Task flooding = Task.Run(async () =>
        {
            byte[] chunk = new byte[10_000];
            for (; ; sent += chunk.Length) await stuck.WriteAsync(chunk, Ct);
        }, Ct);
        for (int i = 0; i < 50; i++)
        {
            (ForwardedStream near, ForwardedStream far) = await pair.ConverseAsync();
            Task sending = near.WriteAsync(new byte[200_000], Ct).AsTask();
            await far.ReadExactlyAsync(new byte[200_000], Ct);
            await sending;
            await near.CompleteWritesAsync(Ct);
            await far.CompleteWritesAsync(Ct);
            await EndAsync(near, far);
        }

        Assert.False(flooding.IsCompleted);
        Assert.InRange(sent, 1, WindowBudget.Usual + (3 * 32 * 1024)); // the window, and what the writer may have on its way
        unread.Abort(ForwardFault.Aborted, "nobody reads this");
        ForwardResetException reset = await Assert.ThrowsAsync<ForwardResetException>(() => flooding);
        Assert.Contains("nobody reads this", reset.Message, StringComparison.Ordinal);
        await stuck.DisposeAsync();
        await unread.DisposeAsync();
        await ExpectNothingLeftAsync(pair);
    }

    [Fact]
    public async Task A_refusal_has_its_code_and_its_words_and_costs_one_conversation()
    {
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        (ForwardedStream near, ForwardedStream far) = await pair.ConverseAsync();
        Task<ForwardedStream> opening = pair.Client.OpenAsync(81, Ct).AsTask();
        await (await pair.Server.AcceptAsync(Ct))!.RefuseAsync(ForwardFault.ConnectionRefused, "nothing listens there");
        ForwardResetException refusal = await Assert.ThrowsAsync<ForwardResetException>(() => opening);
        Assert.Equal((ForwardFault.ConnectionRefused, "nothing listens there"), (refusal.Fault, refusal.Message));
        await near.WriteAsync(new byte[] { 7 }, Ct);
        await far.ReadExactlyAsync(new byte[1], Ct);
        Assert.Equal((1, 1), (pair.Client.Open, pair.Server.Open));
        await EndAsync(near, far);
    }

    [Fact]
    public async Task What_came_before_a_reset_is_delivered_and_then_the_reset()
    {
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        (ForwardedStream near, ForwardedStream far) = await pair.ConverseAsync();
        await far.WriteAsync("before"u8.ToArray(), Ct);
        far.Abort(ForwardFault.ConnectionReset, "the pod reset it");
        byte[] got = new byte[6];
        await near.ReadExactlyAsync(got, Ct);
        Assert.Equal("before"u8, got);
        ForwardResetException reset = await Assert.ThrowsAsync<ForwardResetException>(async () => await near.ReadExactlyAsync(got, Ct));
        Assert.Equal((ForwardFault.ConnectionReset, "the pod reset it"), (reset.Fault, reset.Message));
        await Assert.ThrowsAsync<ForwardResetException>(async () => await near.WriteAsync(got, Ct));
        await EndAsync(near, far);
        await ExpectNothingLeftAsync(pair);
    }

    [Fact]
    public async Task A_client_that_no_longer_wants_one_says_so_and_the_carrier_goes_on()
    {
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        using CancellationTokenSource giveUp = new();
        Task<ForwardedStream> opening = pair.Client.OpenAsync(80, giveUp.Token).AsTask();
        IncomingForward incoming = (await pair.Server.AcceptAsync(Ct))!;
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        await using (ForwardedStream late = incoming.Accept()) await Assert.ThrowsAsync<ForwardResetException>(async () => await late.ReadExactlyAsync(new byte[1], Ct));
        (ForwardedStream near, ForwardedStream far) = await pair.ConverseAsync();
        await EndAsync(near, far);
        await ExpectNothingLeftAsync(pair);
    }

    [Fact]
    public async Task A_lost_carrier_is_one_cause_and_an_end_to_nobody()
    {
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        (ForwardedStream, ForwardedStream)[] open = [await pair.ConverseAsync(), await pair.ConverseAsync(), await pair.ConverseAsync()];
        pair.Server.Abort(new SessionLostException(SessionLoss.LocalAbort, "the test cuts it"));
        List<SessionLostException> losses = [];
        foreach ((ForwardedStream near, _) in open) losses.Add(await Assert.ThrowsAsync<SessionLostException>(async () => await near.ReadExactlyAsync(new byte[1], Ct)));
        Assert.Single(losses.Distinct());
        SessionLostException later = await Assert.ThrowsAsync<SessionLostException>(async () => await pair.Client.OpenAsync(80, Ct));
        Assert.Equal(losses[0].Message, later.Message);
    }

    [Fact]
    public async Task A_session_that_closes_resets_what_is_open()
    {
        await using ConversationPair pair = await ConversationPair.OpenAsync();
        (ForwardedStream near, ForwardedStream far) = await pair.ConverseAsync();
        await pair.Client.CloseAsync();
        ForwardResetException reset = await Assert.ThrowsAsync<ForwardResetException>(async () => await far.ReadExactlyAsync(new byte[1], Ct));
        Assert.Contains("closed", reset.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(async () => await near.ReadExactlyAsync(new byte[1], Ct));
        Assert.Null(await pair.Server.Ended.WaitAsync(Ct));
        Assert.Null(await pair.Server.AcceptAsync(Ct));
    }

    static Task EndAsync(ForwardedStream near, ForwardedStream far) => Task.WhenAll(near.DisposeAsync().AsTask(), far.DisposeAsync().AsTask());

    static Task ExpectNothingLeftAsync(ConversationPair pair) => Eventually.HoldsAsync(
        () => (pair.Client.Open, pair.Server.Open, pair.Client.Windows, pair.Server.Windows) == (0, 0, 0, 0),
        "no conversation and no window is left", cancellationToken: Ct);

    static CancellationToken Ct => TestContext.Current.CancellationToken;
}
