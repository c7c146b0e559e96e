using System.Diagnostics;
using System.Globalization;
using Fairlead.HostProcesses.Native;
using Fairlead.Lab.Tests.Kit;
using Fairlead.Server.Commands;
using Fairlead.Testing;

namespace Fairlead.Lab.Tests;

public sealed class LostClientTests
{
    static readonly ProcessRuntimeOptions Quick = new() { Grace = TimeSpan.FromMilliseconds(300), DrainTime = TimeSpan.FromMilliseconds(200) };

    [Theory]
    [InlineData("setsid sleep 987 & echo $! && echo $$ && sleep 987")]
    [InlineData("env -i setsid sleep 987 & echo $! && echo $$ && sleep 987")]
    [InlineData("setsid sh -c 'setsid sleep 987 & echo $!' ; echo $$ && sleep 987")]
    [InlineData("env -i setsid sh -c 'setsid sleep 987 & echo $!' ; echo $$ && sleep 987")]
    [InlineData("setsid sleep 987 >/dev/null 2>&1 </dev/null & echo $! && echo $$ && sleep 987")]
    [InlineData("sh -c 'trap \"\" TERM HUP; sleep 987' & echo $! && echo $$ && sleep 987")]
    [InlineData("sleep 987 & echo $! && kill -STOP $! && echo $$ && sleep 987")]
    public async Task Everything_the_command_started_ends(string script)
    {
        using Process bystander = Process.Start("sleep", "987");
        await using Room room = new(Quick);
        await using TestClient client = room.Sh(script + "; echo never");
        (int child, int shell) = await ReadPidsAsync(client);

        client.Lose();

        Assert.False((await client.Status).IsSuccess);
        Assert.False(IsAlive(child));
        Assert.False(IsAlive(shell));
        Assert.False(bystander.HasExited);
        bystander.Kill();
    }

    [Fact]
    public async Task Children_of_another_exec_stay()
    {
        await using Room room = new(Quick);
        await using TestClient other = room.Sh("echo $$ $$; sleep 987"), client = room.Sh("echo $$ $$; sleep 987");
        (int stays, _) = await ReadPidsAsync(other);
        await ReadPidsAsync(client);

        client.Lose();
        await client.Status;

        Assert.True(IsAlive(stays));
        Assert.False(other.Status.IsCompleted);
    }

    [Fact]
    public async Task After_a_normal_end_children_live_and_output_is_awaited_for_a_set_time_only()
    {
        await using Room room = new(Quick);
        await using TestClient client = room.Sh("(sleep 0.05; echo late; trap '' TERM; while :; do sleep 0.05; echo noise; done) & echo $! $$");
        (int child, _) = await ReadPidsAsync(client);

        Assert.True((await client.Status).IsSuccess);

        Assert.Contains("late", await client.StandardOutput, StringComparison.Ordinal);
        await Task.Delay(200, TestContext.Current.CancellationToken); // it prints on into an output that nobody reads
        Assert.True(IsAlive(child));
        await room.DisposeAsync();
        Assert.False(IsAlive(child));
    }

    [Fact]
    public async Task The_room_ends_everything_when_it_goes()
    {
        Room room = new(Quick);
        TestClient client = room.Sh("setsid sleep 987 & echo $! $$; trap 'echo bye; exit 9' TERM; while :; do sleep 0.02; done");
        (int child, int shell) = await ReadPidsAsync(client);

        await room.DisposeAsync();

        (await client.Status).TryGetExitCode(out int code);
        Assert.Equal(9, code);
        Assert.EndsWith("bye\n", await client.StandardOutput, StringComparison.Ordinal);
        Assert.False(IsAlive(child));
        Assert.False(IsAlive(shell));
    }

    [Fact]
    public async Task Keep_lets_the_command_go_on_with_its_output_dropped()
    {
        await using Room room = new(Quick with { LostClient = LostClientPolicy.Keep });
        string file = Path.GetTempFileName();
        await using TestClient client = room.Sh($"echo $$ $$; sleep 0.2; head -c 1000000 /dev/zero; echo whole > {file}");
        await ReadPidsAsync(client);

        client.Lose();
        await client.Status;

        await Eventually.HoldsAsync(() => File.ReadAllText(file) == "whole\n", "the command has gone on to its end", cancellationToken: TestContext.Current.CancellationToken);
        File.Delete(file);
    }

    [Fact]
    public async Task Hang_up_is_one_signal_to_the_group()
    {
        await using Room room = new(Quick with { LostClient = LostClientPolicy.HangUp });
        await using TestClient client = room.Sh("setsid sh -c 'echo $$; exec sleep 987' & echo $$; sleep 987");
        (int one, int other) = await ReadPidsAsync(client); // both printed: the child has left the group
        (int shell, int child) = ProcessStat.Read(one)!.Value.Parent == Environment.ProcessId ? (one, other) : (other, one);

        client.Lose();
        await client.Status;

        await Eventually.HoldsAsync(() => !IsAlive(shell), "the shell has ended", cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(IsAlive(child));
    }

    [Fact]
    public async Task Lost_input_is_not_the_end_of_input()
    {
        await using Room room = new(Quick);
        string file = Path.GetTempFileName();
        await using TestClient client = room.Sh($"echo $$ $$; cat > /dev/null && echo whole > {file}", stdin: true);
        await ReadPidsAsync(client);
        await client.TypeAsync("a part");

        client.Lose();
        await client.Status;

        Assert.Equal("", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        File.Delete(file);
    }

    [Fact]
    public void A_reused_number_is_no_known_process()
    {
        ProcessStat own = ProcessStat.Read(Environment.ProcessId)!.Value;
        Assert.Equal("a) b", Name("7 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20"));
        Assert.True(own.StartTime > 0);

        static string Name(string text)
        {
            ProcessStat stat = ProcessStat.Parse(7, text)!.Value;
            Assert.Equal((7, 'S', 1, 2, 3, 4711UL), (stat.Id, stat.State, stat.Parent, stat.Group, stat.Session, stat.StartTime));
            return text[3..text.LastIndexOf(')')];
        }
    }

    static bool IsAlive(int pid) => ProcessStat.Read(pid) is { IsDead: false };

    static async Task<(int Child, int Shell)> ReadPidsAsync(TestClient client)
    {
        string[] numbers = [];
        await Eventually.HoldsAsync(() => (numbers = client.Seen.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)).Length >= 2 && client.Seen.EndsWith('\n'),
            "two numbers are printed", cancellationToken: TestContext.Current.CancellationToken);
        return (int.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture));
    }
}
