using Fairlead.HostProcesses.Trees;
using Fairlead.Lab.Tests.Kit;
using Fairlead.Testing;

namespace Fairlead.Lab.Tests;

[Trait("Case", "C6")]
public sealed class HangingSearchTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_hundred_lost_commands_whose_search_hangs_leave_another_client_alone()
    {
        using SemaphoreSlim begun = new(0), go = new(0);
        int walks = 0;
        ProcessWalk walk = new((since, pace) =>
        {
            if (Interlocked.Increment(ref walks) > 1) return ProcessTable.Read(since, pace);
            begun.Release();
            Assert.True(go.Wait(Patience), "the first walk was not let go on");
            return ProcessTable.Read(since, pace);
        });
        await using Room room = new(new ProcessRuntimeOptions { Grace = Patience }, walk: walk);
        TestClient[] lost = [.. Enumerable.Range(0, 200).Select(_ => room.Sh("exec sleep 987"))];
        foreach (TestClient client in lost) client.Lose();
        Assert.True(await begun.WaitAsync(Patience, TestContext.Current.CancellationToken), "no walk began");

        await using (TestClient other = room.Sh("echo here; exit 3"))
        {
            (await other.Status.WaitAsync(Patience, TestContext.Current.CancellationToken)).TryGetExitCode(out int code);
            Assert.Equal(3, code);
        }

        Assert.Equal(1, walks);
        go.Release();
        await Task.WhenAll(lost.Select(client => client.Status)).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.InRange(walks, 2, 100); // one for each command would be 400
        foreach (TestClient client in lost) await client.DisposeAsync();
    }
}
