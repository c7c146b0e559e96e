using System.Globalization;
using System.Text;
using Fairlead.Cli.Logging;

namespace Fairlead.Cli.Tests.Logging;

/// <summary>A log that is not read holds up nobody, and tells what is missing where it is missing.</summary>
public sealed class LogQueueTests
{
    static readonly byte[] s_line = [.. Enumerable.Repeat((byte)'x', 999), (byte)'\n'];

    static byte[] Dropped(long count, long audit) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"dropped {count}{(audit > 0 ? $", audit {audit}" : "")}\n"));

    [Fact]
    public void Lines_that_find_no_room_are_counted_in_their_place()
    {
        using StalledStream target = new();
        using LogQueue queue = new(target, Dropped);
        queue.Add(s_line);
        Assert.True(target.IsBlocked.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken), "the first line is being written");
        for (int i = 0; i < 10_000; i++) queue.Add(s_line);
        queue.AddAudit("audit\n"u8.ToArray()); // still taken
        queue.Add("the end\n"u8.ToArray());
        target.GoOn();
        queue.Dispose();

        string[] lines = target.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int first = lines.TakeWhile(static line => line[0] == 'x').Count(), kept = lines.Count(static line => line[0] == 'x');
        Assert.InRange(first, LogQueue.MostBytes / 1000, (LogQueue.MostBytes / 1000) + 3);
        Assert.Equal("audit", lines[first + 1]);
        Assert.InRange(kept - first, 10, 1000); // the newest ones
        Assert.Equal("the end", lines[^1]);
        Assert.Equal(10_001 - kept, lines.Where(static line => line.StartsWith("dropped ", StringComparison.Ordinal)).Sum(static line => int.Parse(line[8..], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task A_target_that_never_goes_on_is_left_soon()
    {
        using StalledStream target = new();
        LogQueue queue = new(target, Dropped);
        queue.Add(s_line);
        await Task.Run(queue.Dispose, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal("", target.Text);
    }

    [Fact]
    public void What_a_full_disk_did_not_take_is_counted_when_it_takes_something_again()
    {
        FailingStream target = new();
        using (LogQueue queue = new(target, Dropped))
        {
            queue.Add("a\n"u8.ToArray());
            Assert.True(SpinWait.SpinUntil(() => target.Failures == 1, TimeSpan.FromSeconds(30)), "the first line was not taken");
            target.Fails = false;
            queue.Add("b\n"u8.ToArray());
        }

        Assert.Equal("dropped 1\nb\n", Encoding.ASCII.GetString(target.ToArray()));
    }

    [Fact]
    public void An_audit_that_was_not_written_is_counted_and_told_when_something_is_written_again()
    {
        FailingStream target = new();
        LogQueue queue = new(target, Dropped);
        using (queue)
        {
            queue.AddAudit("a\n"u8.ToArray());
            Assert.True(SpinWait.SpinUntil(() => queue.AuditLost == 1, TimeSpan.FromSeconds(30)), "the first line was not taken");
            target.Fails = false;
            queue.AddAudit("b\n"u8.ToArray());
        }

        Assert.Equal("dropped 1, audit 1\nb\n", Encoding.ASCII.GetString(target.ToArray()));
        queue.AddAudit("late\n"u8.ToArray());
        Assert.Equal(2, queue.AuditLost);
    }

    [Fact]
    public void An_audit_that_is_still_on_its_way_at_the_end_is_lost()
    {
        StalledStream target = new(); // its writer is still in it at the end
        LogQueue queue = new(target, Dropped);
        queue.AddAudit("a\n"u8.ToArray());
        queue.AddAudit("b\n"u8.ToArray());
        Assert.Equal(0, queue.AuditLost);
        queue.Dispose();
        Assert.Equal(2, queue.AuditLost);
        target.GoOn();
    }

    /// <summary>Blocks whoever writes, until it is let go on.</summary>
    sealed class StalledStream : MemoryStream
    {
        readonly ManualResetEventSlim _open = new();

        public ManualResetEventSlim IsBlocked { get; } = new();

        public string Text => Encoding.ASCII.GetString(ToArray());

        public void GoOn() => _open.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            IsBlocked.Set();
            _open.Wait();
            base.Write(buffer);
        }
    }

    sealed class FailingStream : MemoryStream
    {
        volatile int _failures;

        public int Failures => _failures;

        public bool Fails { get; set; } = true;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (Fails)
            {
                _failures++;
                throw new IOException("full");
            }

            base.Write(buffer);
        }
    }
}
