using System.Diagnostics;
using System.Globalization;
using Fairlead.HostProcesses.Native;
using Fairlead.HostProcesses.Starting;
using Fairlead.HostProcesses.Trees;
using Fairlead.Testing;

namespace Fairlead.HostProcesses.Tests;

/// <summary>The script in every shell that this machine has: it is told of commands, and its pipe ends without a word.</summary>
[Trait("Case", "C13")]
public sealed class OrphanWatcherTests
{
    public static TheoryData<string> Shells => [.. new[] { "/bin/dash", "/bin/bash", "/bin/busybox" }.Where(File.Exists)];

    [Theory, MemberData(nameof(Shells))]
    public async Task Kills_what_is_marked_or_told_with_all_below_and_nobody_else(string shell)
    {
        string name = NewName();
        using Process watcher = StartWatcher(shell, name), unmarked = Sleep(null), other = Sleep(NewName() + ".1"), longer = Sleep(name + "7.1");
        using Process marked = Sleep(name + ".1"), told = Sleep(null);
        using Process parent = Start("sh", name + ".2.3", "-c", "env -i setsid sh -c 'echo $$; sleep 987 & echo $!; wait' & setsid sh -c 'echo $$; trap \"\" TERM HUP; while :; do sleep 1; done' & wait");
        int[] below = [await NumberAsync(parent), await NumberAsync(parent), await NumberAsync(parent)];
        try
        {
            await TellAsync(watcher, told.Id, ProcessStat.Read(told.Id)!.Value.StartTime);
            await TellAsync(watcher, unmarked.Id, ProcessStat.Read(unmarked.Id)!.Value.StartTime - 1); // had the number before
            watcher.StandardInput.Close();

            await ExpectEndAsync(watcher, "the watcher has ended");
            await ExpectEndAsync(marked, "what is marked has ended");
            await ExpectEndAsync(told, "what it was told of has ended");
            await ExpectEndAsync(parent, "the parent has ended");
            Assert.All(below, pid => Assert.True(ProcessStat.Read(pid) is null or { IsDead: true }));
            Assert.False(unmarked.HasExited || other.HasExited || longer.HasExited, "others' processes were killed");
            Assert.Equal(0, watcher.ExitCode);
        }
        finally
        {
            foreach (Process process in new[] { watcher, unmarked, other, longer, marked, told, parent }.Where(process => !process.HasExited)) process.Kill(entireProcessTree: true);
        }
    }

    [Theory, MemberData(nameof(Shells))]
    public async Task Kills_nothing_where_it_is_told_that_all_has_ended(string shell)
    {
        string name = NewName();
        using Process watcher = StartWatcher(shell, name), marked = Sleep(name + ".1");
        for (int i = 0; i < 1100; i++) await TellAsync(watcher, marked.Id, (ulong)i); // so many that it forgets those that are gone
        await watcher.StandardInput.WriteAsync("ended\n");
        watcher.StandardInput.Close();

        await ExpectEndAsync(watcher, "the watcher has ended");
        Assert.False(marked.HasExited);
        marked.Kill();
    }

    [Fact]
    public async Task Goes_with_a_runtime_that_ends_in_order()
    {
        string name = NewName();
        OrphanWatcher watcher = OrphanWatcher.Start(name, "/usr/bin:/bin")!;
        Assert.True(ProcessStat.Read(watcher.Id) is { IsDead: false });
        await watcher.DisposeAsync();
        Assert.Null(ProcessStat.Read(watcher.Id));
    }

    static Process StartWatcher(string shell, string name) => Start(shell, null, "-c", OrphanWatcherScript.Text, "fairlead-watcher", LocalProcess.MarkerVariable, name);

    static Process Sleep(string? marker) => Start("sleep", marker, "987");

    static Process Start(string program, string? marker, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (marker is not null) start.Environment[LocalProcess.MarkerVariable] = marker;
        return Process.Start(start)!;
    }

    static async Task TellAsync(Process watcher, int id, ulong start)
    {
        await watcher.StandardInput.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{id} {start}\n"));
        await watcher.StandardInput.FlushAsync();
    }

    static async Task<int> NumberAsync(Process process) =>
        int.Parse((await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)))!, CultureInfo.InvariantCulture);

    static Task ExpectEndAsync(Process process, string what) => Eventually.HoldsAsync(() => process.HasExited, what);

    static string NewName() => Guid.NewGuid().ToString("N");
}
