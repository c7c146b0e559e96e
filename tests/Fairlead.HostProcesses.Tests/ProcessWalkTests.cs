using System.Diagnostics;
using Fairlead.HostProcesses.Native;
using Fairlead.HostProcesses.Trees;

namespace Fairlead.HostProcesses.Tests;

[Trait("Case", "C6")]
public sealed class ProcessWalkTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    static readonly ProcessStat Parent = Process(7, parent: 1, start: 50), Child = Process(8, parent: 7, start: 60), Stranger = Process(9, parent: 1, start: 70);

    [Fact]
    public async Task Those_who_ask_during_a_walk_share_the_next_one()
    {
        int walks = 0;
        using SemaphoreSlim begun = new(0), go = new(0);
        ProcessWalk walk = new((_, _) =>
        {
            Interlocked.Increment(ref walks);
            begun.Release();
            Assert.True(go.Wait(Patience), "the walk was not let go on");
            return Table();
        });

        Task<int> first = walk.AskAsync(0, _ => walks);
        Assert.True(await begun.WaitAsync(Patience, TestContext.Current.CancellationToken), "no walk began");
        Task<int>[] meanwhile = [.. Enumerable.Range(0, 1000).Select(_ => walk.AskAsync(0, _ => walks))];
        go.Release(2);

        Assert.Equal(1, await first.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.All(await Task.WhenAll(meanwhile).WaitAsync(Patience, TestContext.Current.CancellationToken), at => Assert.Equal(2, at));
    }

    [Fact]
    public async Task A_walk_that_hangs_or_fails_holds_up_nobody_else()
    {
        using SemaphoreSlim begun = new(0), go = new(0);
        ProcessWalk walk = new((_, _) =>
        {
            begun.Release();
            go.Wait(Patience);
            throw new IOException("no /proc");
        });

        Task<int>[] asked = [.. Enumerable.Range(0, Environment.ProcessorCount * 50).Select(_ => walk.AskAsync(0, _ => 0))];
        Assert.True(await begun.WaitAsync(Patience, TestContext.Current.CancellationToken), "no walk began");

        await Task.Run(() => { }, TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken); // the pool has a thread to give
        Assert.All(asked, task => Assert.False(task.IsCompleted));
        go.Release(int.MaxValue);
        foreach (Task<int> task in asked) Assert.Equal("no /proc", (await Assert.ThrowsAsync<IOException>(() => task.WaitAsync(Patience, TestContext.Current.CancellationToken))).Message);
    }

    /// <summary>Only the look itself is the walk's.</summary>
    [Fact]
    public async Task Who_was_answered_may_block_and_others_are_answered_all_the_same()
    {
        using ManualResetEventSlim goOn = new(), isAsked = new();
        ProcessWalk walk = new((_, _) =>
        {
            Assert.True(isAsked.Wait(Patience), "the walk was not let go on");
            return Table();
        });
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> first = AskAndBlockAsync();
        isAsked.Set(); // not before the answer is awaited: one that is there at once goes on where it was asked
        await begun.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        try
        {
            Assert.Equal(2, await walk.AskAsync(0, static _ => 2).WaitAsync(Patience, TestContext.Current.CancellationToken));
            Assert.False(first.IsCompleted);
        }
        finally
        {
            goOn.Set();
        }

        Assert.Equal(1, await first);

        async Task<int> AskAndBlockAsync()
        {
            int answer = await walk.AskAsync(0, static _ => 1).ConfigureAwait(false);
            begun.SetResult();
            goOn.Wait(TestContext.Current.CancellationToken);
            return answer;
        }
    }

    [Fact]
    [Trait("Case", "C16")]
    public async Task A_search_that_finds_no_descriptor_is_no_search_that_finds_nothing()
    {
        int walks = 0;
        ProcessWalk walk = new((_, _) => Interlocked.Increment(ref walks) < 3 ? throw NativeError.Of("open", LibC.EMFILE) : Table());
        Assert.True(await ProcessTermination.RunAsync(new Nothing(), TimeSpan.Zero, walk));
        Assert.Equal(3, walks);
    }

    [Fact]
    [Trait("Case", "C16")]
    public void Only_what_is_gone_is_taken_for_gone()
    {
        Assert.True(NativeError.IsGone(new FileNotFoundException()));
        Assert.True(NativeError.IsGone(NativeError.Of("read", LibC.ESRCH)));
        Assert.False(NativeError.IsGone(NativeError.Of("open", LibC.EMFILE)));
        Assert.False(NativeError.IsGone(NativeError.Of("open", LibC.ENFILE)));
    }

    sealed class Nothing : IProcessSearch
    {
        public ulong Since => 0;

        public List<ProcessStat> Find(ProcessTable table, IReadOnlySet<(int Id, ulong StartTime)> known) => [];
    }

    [Fact]
    public async Task A_look_that_fails_is_its_own()
    {
        ProcessWalk walk = new((_, _) => Table());
        Task<int> bad = walk.AskAsync<int>(0, _ => throw new InvalidDataException()), good = walk.AskAsync(0, _ => 5);
        await Assert.ThrowsAsync<InvalidDataException>(() => bad.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal(5, await good.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_oldest_of_what_is_looked_for_decides_how_far_back_a_walk_goes()
    {
        List<ulong> from = [];
        using SemaphoreSlim begun = new(0), go = new(0);
        ProcessWalk walk = new((since, _) =>
        {
            from.Add(since);
            begun.Release();
            Assert.True(go.Wait(Patience), "the walk was not let go on");
            return Table();
        });
        Task first = walk.AskAsync(1, _ => 0);
        Assert.True(await begun.WaitAsync(Patience, TestContext.Current.CancellationToken), "no walk began");
        Task[] asked = [first, walk.AskAsync(20, _ => 0), walk.AskAsync(10, _ => 0), walk.AskAsync(30, _ => 0)];
        go.Release(2);
        await Task.WhenAll(asked).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal([1UL, 10UL], from);
    }

    [Fact]
    public void Members_are_found_by_marker_by_file_by_leader_and_by_descent()
    {
        FileIdentity pipe = new(0, 12, 345);
        ProcessTable table = new([Parent, Child, Stranger], id => id == 7 ? ["run.1"] : [], id => id == 9 ? [pipe, pipe] : []);

        Assert.Equal([7, 8], table.WithDescendants(table.Marked("run.1")).Select(process => process.Id).Order());
        Assert.Equal([7, 8], table.WithDescendants(table.MarkedFrom("run.")).Select(process => process.Id).Order());
        Assert.Empty(table.Marked("run."));
        Assert.Equal([9], table.Holding(pipe).Select(process => process.Id));
        Assert.Equal([8], table.WithDescendants(table.Led(8)).Select(process => process.Id));
        Assert.Equal([8], table.Among(new HashSet<(int, ulong)> { (8, 60), (9, 71) }).Select(process => process.Id)); // 9 is another one's by now
    }

    [Fact]
    public async Task What_was_looked_up_is_not_signalled_where_its_number_is_anothers()
    {
        using Process bystander = System.Diagnostics.Process.Start("sleep", "987");
        try
        {
            ProcessStat real = ProcessStat.Read(bystander.Id)!.Value, gone = real with { StartTime = real.StartTime - 1 };
            int walks = 0;
            ProcessWalk walk = new((_, _) => new ProcessTable(++walks == 1 ? [gone] : [], _ => [], _ => []));
            Assert.True(await ProcessTermination.RunAsync(new Whole(), TimeSpan.FromMinutes(1), walk).WaitAsync(Patience, TestContext.Current.CancellationToken));
            Assert.False(bystander.HasExited);
        }
        finally
        {
            bystander.Kill();
        }
    }

    static ProcessTable Table() => new([], _ => [], _ => []);

    static ProcessStat Process(int id, int parent, ulong start) => new(id, 'S', parent, id, id, HasTerminal: false, start);

    /// <summary>Takes all children of this process for what is to be ended.</summary>
    sealed class Whole : IProcessSearch
    {
        public ulong Since => 0;

        public List<ProcessStat> Find(ProcessTable table, IReadOnlySet<(int Id, ulong StartTime)> known) => table.WithDescendants(table.ChildrenOf(Environment.ProcessId));
    }
}
