using System.Diagnostics;
using System.Globalization;
using Fairlead.HostProcesses.Native;
using Fairlead.Lab.Tests.Kit;
using Fairlead.Server.Commands;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Lab.Tests;

/// <summary>What is in a container ends with its main process, at once.</summary>
[Trait("Case", "C12")]
public sealed class ContainerEndTests
{
    [Theory]
    [InlineData("echo $$; exec sleep 987", false)]
    [InlineData("trap '' TERM HUP; echo $$; while :; do sleep 0.1; done", false)]
    [InlineData("echo $$; exec env -i sleep 987", false)]
    [InlineData("echo $$; exec sleep 987", true)]
    public async Task An_exec_ends_with_137_when_its_container_dies(string script, bool terminal)
    {
        await using OnePod pod = new("sleep 987");
        await using TestClient client = Exec(pod, script, terminal);
        int command = (await ReadPidsAsync(client, 1))[0];

        Kill(pod);

        (await client.Status.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).TryGetExitCode(out int code);
        Assert.Equal(137, code);
        Assert.False(IsAlive(command));
        await pod.EndedAsync();
        Assert.Equal(137, (int)pod.ContainerStatus["state"]!["terminated"]!["exitCode"]!);
    }

    [Fact]
    public async Task What_execs_left_behind_ends_too_and_nobody_elses()
    {
        using Process bystander = Process.Start("sleep", "987");
        try
        {
            await using OnePod other = new("sleep 987"), pod = new("sleep 987");
            await using TestClient stays = Exec(other, "echo $$; exec sleep 987"), client = Exec(pod, "setsid sleep 987 >/dev/null 2>&1 & echo $!; env -i setsid sleep 987 & echo $!");
            int kept = (await ReadPidsAsync(stays, 1))[0];
            int[] left = await ReadPidsAsync(client, 2);
            Assert.True((await client.Status).IsSuccess); // it has ended, and they have not
            Assert.All(left, pid => Assert.True(IsAlive(pid)));

            Kill(pod);
            await pod.EndedAsync();

            Assert.All(left, pid => Assert.False(IsAlive(pid)));
            Assert.True(IsAlive(kept));
            Assert.False(bystander.HasExited);
        }
        finally
        {
            bystander.Kill();
        }
    }

    [Fact]
    public async Task A_kept_command_ends_with_its_container()
    {
        await using OnePod pod = new("sleep 987", options: OnePod.Quick with { LostClient = LostClientPolicy.Keep });
        await using TestClient client = Exec(pod, "echo $$; exec sleep 987");
        int command = (await ReadPidsAsync(client, 1))[0];
        client.Lose();
        await client.Status;
        Assert.True(IsAlive(command));

        Kill(pod);
        await pod.EndedAsync();

        Assert.False(IsAlive(command));
    }

    [Fact]
    public async Task An_exec_of_the_run_before_does_not_see_the_next_one()
    {
        await using OnePod pod = new("sleep 987", restart: "Always");
        await using TestClient client = Exec(pod, "echo $$; exec sleep 987"), attached = pod.Attach();
        await ReadPidsAsync(client, 1);

        Kill(pod);

        (await client.Status.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).TryGetExitCode(out int code);
        Assert.Equal(137, code);
        Assert.True((await attached.Status.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).IsSuccess);
        await Eventually.HoldsAsync(() => (int)pod.ContainerStatus["restartCount"]! >= 1 && pod.Container.IsRunning, "the container runs again", cancellationToken: TestContext.Current.CancellationToken);
        await using TestClient next = Exec(pod, "exit 3");
        (await next.Status).TryGetExitCode(out code);
        Assert.Equal(3, code);
    }

    static TestClient Exec(OnePod pod, string script, bool terminal = false) =>
        new(new RemoteCommandRequest { Command = ["sh", "-c", script], Stdout = true, Stderr = !terminal, Stdin = terminal, Tty = terminal }, pod.Container.ExecAsync, terminal ? new TerminalSize(80, 24) : null);

    static void Kill(OnePod pod)
    {
        string id = (string)pod.ContainerStatus["containerID"]!;
        using Process main = Process.GetProcessById(int.Parse(id[(id.LastIndexOf('/') + 1)..].Split('.', '-')[0], CultureInfo.InvariantCulture));
        main.Kill();
    }

    static bool IsAlive(int pid) => ProcessStat.Read(pid) is { IsDead: false };

    static async Task<int[]> ReadPidsAsync(TestClient client, int count)
    {
        string[] numbers = [];
        await Eventually.HoldsAsync(() => (numbers = client.Seen.Split((char[])[' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)).Length >= count && client.Seen.EndsWith('\n'),
            "the numbers are printed", cancellationToken: TestContext.Current.CancellationToken);
        return [.. numbers.Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
    }
}
