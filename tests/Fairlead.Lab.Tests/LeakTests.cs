using Fairlead.HostProcesses.Trees;
using Fairlead.Lab.Tests.Kit;
using Fairlead.Testing;

namespace Fairlead.Lab.Tests;

/// <summary>Counts what the whole process holds, and so runs by itself.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;

[Collection("alone")]
public sealed class LeakTests
{
    [Fact]
    public async Task Two_hundred_at_once_leave_no_zombie_and_no_descriptor()
    {
        await using Room room = new();
        await using (TestClient first = room.Sh("true")) await first.Status;
        int before = Descriptors();

        TestClient[] clients = [.. Enumerable.Range(0, 200).Select(i => room.Sh($"head -c 5000 /dev/zero; exit {i}", stdin: i % 2 == 0))];
        for (int i = 0; i < clients.Length; i++)
        {
            (await clients[i].Status).TryGetExitCode(out int code);
            Assert.Equal(i, code);
            Assert.Equal(5000, (await clients[i].StandardOutput).Length);
            await clients[i].DisposeAsync();
        }

        await Eventually.HoldsAsync(() => Descriptors() <= before, $"no more than {before} descriptors", cancellationToken: TestContext.Current.CancellationToken);
        Assert.DoesNotContain(ProcessTable.Read(0, new WalkPace()).ChildrenOf(Environment.ProcessId), p => p.State == 'Z');

        static int Descriptors() => ProcessFootprint.Of().Descriptors;
    }
}
