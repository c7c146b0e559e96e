using CsCheck;
using Fairlead.Wire.PortForward;

namespace Fairlead.Wire.Tests.PortForward;

/// <summary>The arithmetic of windows, against whatever two sides do with it: nothing is lost, nothing overruns, nobody waits for ever.</summary>
public sealed class WindowTests
{
    /// <summary>
    /// A sender and a receiver with a line between them, driven by random steps: send some, let some arrive, read some, let a credit arrive,
    /// widen. What was sent never exceeds what was given, what is held never exceeds the window, and in the end all of it comes through.
    /// </summary>
    [Fact]
    public void A_sender_and_a_receiver_never_overrun_and_never_starve() => Gen.Select(Gen.Int[1, 5000], Gen.Int[0, 99_999].Array[1, 400]).Sample((size, steps) =>
    {
        SendWindow sender = default;
        ReceiveWindow receiver = new(size);
        Queue<int> data = [];
        Queue<long> credits = new([receiver.Limit]);
        long total = 0;
        foreach (int step in steps)
        {
            int amount = 1 + (step / 5);
            switch (step % 5)
            {
                case 0:
                    if (sender.Take(amount) is > 0 and int count) data.Enqueue(count);
                    break;
                case 1:
                    if (data.TryDequeue(out int came)) Assert.True(receiver.TryReceive(came));
                    break;
                case 2:
                    Read(Math.Min(amount, receiver.Held));
                    break;
                case 3:
                    if (credits.TryDequeue(out long credit)) sender.Raise(credit);
                    break;
                default:
                    receiver.Widen(amount / 2);
                    break;
            }

            Check();
        }

        for (long wanted = total + (10L * receiver.Size); total < wanted;) // from any state it goes on
        {
            long before = total + sender.Sent;
            while (credits.TryDequeue(out long credit)) sender.Raise(credit);
            if (sender.Take(int.MaxValue) is > 0 and int count) data.Enqueue(count);
            while (data.TryDequeue(out int came)) Assert.True(receiver.TryReceive(came));
            if (receiver.Held > 0) Read(receiver.Held);
            Check();
            Assert.True(total + sender.Sent > before, "it stands still");
        }

        void Read(long count)
        {
            total += count;
            if (receiver.Consume(count)) credits.Enqueue(receiver.Give());
        }

        void Check()
        {
            Assert.InRange(sender.Sent, 0, sender.Limit);
            Assert.InRange(sender.Limit, 0, receiver.Limit);
            Assert.InRange(receiver.Held, 0, receiver.Size);
            Assert.InRange(receiver.Limit - receiver.Consumed, 0, receiver.Size);
            Assert.Equal(receiver.Consumed, total);
        }
    });

    /// <summary>
    /// A line of ten steps each way, a sender that sends a fifth of the window in a step, and a reader that takes pieces: credit that came
    /// only for half of the window would leave each half waiting for the other, and half of the line empty.
    /// </summary>
    [Theory, InlineData(64), InlineData(63), InlineData(16), InlineData(7)]
    public void Most_of_a_window_is_on_its_way_however_large_the_readers_pieces_are(int pieces)
    {
        const int Size = 1 << 20, Steps = 4000, Line = 10;
        SendWindow sender = default;
        ReceiveWindow receiver = new(Size);
        int[] data = new int[Line];
        long[] credits = new long[Line];
        sender.Raise(receiver.Limit);
        for (int step = 0; step < Steps; step++)
        {
            ref int arriving = ref data[step % Line];
            ref long said = ref credits[step % Line];
            Assert.True(receiver.TryReceive(arriving));
            sender.Raise(said);
            (arriving, said) = (sender.Take(Size / 5), 0);
            while (receiver.Held >= Size / pieces)
            {
                if (receiver.Consume(Size / pieces)) said = receiver.Give();
            }
        }

        Assert.InRange(receiver.Consumed / (double)Size, 0.7 * Steps / (2 * Line), Steps / (2.0 * Line));
    }

    [Fact]
    public void More_than_was_given_is_refused_and_not_counted()
    {
        ReceiveWindow window = new(10);
        Assert.True(window.TryReceive(10));
        Assert.False(window.TryReceive(1));
        Assert.Equal(10, window.Received);
        Assert.True(window.Consume(10));
        Assert.Equal(20, window.Give());
        Assert.True(window.TryReceive(10));
    }

    [Fact]
    public void A_total_that_is_said_again_or_late_changes_nothing()
    {
        SendWindow window = default;
        window.Raise(100);
        window.Raise(100);
        window.Raise(50);
        Assert.Equal(60, window.Take(60));
        Assert.Equal(40, window.Take(60));
        Assert.Equal(0, window.Take(60));
        window.Raise(long.MaxValue);
        Assert.Equal(int.MaxValue, window.Take(int.MaxValue));
    }

    [Fact]
    public void What_was_not_received_cannot_be_read()
    {
        ReceiveWindow window = new(10);
        Assert.True(window.TryReceive(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Consume(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Consume(-1));
    }

    [Fact]
    public void Windows_begin_small_where_there_are_many_and_all_of_it_comes_back()
    {
        WindowBudget budget = new(16 << 20);
        List<int> given = [];
        for (int i = 0; i < 4096; i++) given.Add(budget.Begin());
        Assert.Equal(WindowBudget.Usual, given[0]);
        Assert.Equal(WindowBudget.Least, given[^1]);
        Assert.Equal(given.Sum(static size => (long)size), budget.Given);
        Assert.InRange(budget.Given, 1, (16 << 20) + (4096L * WindowBudget.Least));
        given.ForEach(budget.Return);
        Assert.Equal(0, budget.Given);
    }

    [Fact]
    public void A_window_grows_until_it_holds_two_round_trips_and_no_further_than_half_of_the_budget()
    {
        const int Rate = 20_000_000; // bytes a second, over a line of 100 ms: 2 MB are on their way
        TimeSpan roundTrip = TimeSpan.FromMilliseconds(100);
        WindowBudget budget = new(16 << 20);
        int size = budget.Begin();
        for (int i = 0; i < 100; i++)
        {
            double seconds = Math.Max(size / 2.0 / Rate, size / 2.0 / size * roundTrip.TotalSeconds); // the line's pace, or the window's
            size = budget.Grow(size, size / 2, TimeSpan.FromSeconds(seconds), roundTrip);
        }

        Assert.InRange(size, 4_000_000, 8_400_000);
        Assert.Equal(size, budget.Given);
        for (int i = 0; i < 20; i++) size = budget.Grow(size, size / 2, TimeSpan.FromTicks(1), roundTrip);
        Assert.InRange(size, 1, 8 << 20);
        int other = budget.Begin();
        for (int i = 0; i < 20; i++) other = budget.Grow(other, other / 2, TimeSpan.FromTicks(1), roundTrip);
        Assert.InRange(budget.Given, 1, 16 << 20);
    }

    [Fact]
    public void A_reader_that_is_slow_gets_no_larger_window()
    {
        WindowBudget budget = new(16 << 20);
        int size = budget.Begin();
        Assert.Equal(size, budget.Grow(size, size / 2, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(100)));
    }
}
