using Fairlead.Lab.Tests.Kit;
using Fairlead.Server.Commands;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing;
using Fairlead.Wire;

namespace Fairlead.Lab.Tests;

public sealed class TerminalTests
{
    static readonly TerminalSize Size = new(101, 37);

    [Fact]
    public async Task Starts_with_the_clients_size_and_a_type()
    {
        await using Room room = new();
        await using TestClient client = room.Terminal(Size, "sh", "-c", "stty size; echo $TERM; test -t 0 && test -t 1 && test -t 2 && tty </dev/tty");

        Assert.True((await client.Status).IsSuccess);
        string[] lines = (await client.StandardOutput).Split("\r\n");
        Assert.Equal(["37 101", "xterm"], lines[..2]);
        Assert.StartsWith("/dev/", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_a_moment_for_the_first_size()
    {
        await using Room room = new(new ProcessRuntimeOptions { FirstSizeWait = TimeSpan.FromSeconds(10) });
        await using TestClient client = room.Terminal(null, "stty", "size");

        client.Send(Size);

        await client.Status;
        Assert.Equal("37 101\r\n", await client.StandardOutput);
    }

    [Fact]
    public async Task Follows_the_size_and_ignores_one_without_columns()
    {
        await using Room room = new();
        await using TestClient client = room.Terminal(Size, "sh", "-c", "trap 'stty size' WINCH; echo ready; while :; do read line && break; done");
        await client.SeeAsync("ready");

        client.Send(new TerminalSize(0, 5));
        client.Send(new TerminalSize(120, 50));

        await client.SeeAsync("50 120");
        await client.TypeAsync("go\n");
        Assert.True((await client.Status).IsSuccess);
        Assert.DoesNotContain("5 0", (await client.StandardOutput).Replace("50 120", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Control_c_ends_the_foreground_job_and_not_the_shell()
    {
        await using Room room = new(new ProcessRuntimeOptions { DrainTime = TimeSpan.FromSeconds(1) });
        await using TestClient client = room.Terminal(Size, "bash", "--norc", "-i");

        await client.TypeAsync("sh -c 'echo be''gun; exec sleep 999'\n");
        await client.SeeAsync("begun");
        await client.TypeAsync("\u0003");
        await client.TypeAsync("echo code=$?; exit 5\n");

        await client.SeeAsync("code=130");
        (await client.Status).TryGetExitCode(out int code);
        Assert.Equal(5, code);
    }

    [Theory]
    [InlineData("whole line\n")]
    [InlineData("line begun")]
    public async Task End_of_input_is_the_terminals_own(string typed)
    {
        await using Room room = new();
        await using TestClient client = room.Terminal(Size, "sh", "-c", "stty -echo; echo ready; cat; echo ended");
        await client.SeeAsync("ready");

        await client.TypeAsync(typed);
        await client.StandardInput.CompleteAsync();

        Assert.True((await client.Status).IsSuccess);
        await client.SeeAsync(typed.TrimEnd());
        await client.SeeAsync("ended");
    }

    [Fact]
    public async Task Delivers_the_last_output()
    {
        await using Room room = new();
        for (int i = 0; i < 20; i++)
        {
            await using TestClient client = room.Terminal(Size, "sh", "-c", "stty -opost; head -c 200000 /dev/zero | tr '\\0' x; echo end");
            await client.Status;
            Assert.Equal(200_004, (await client.StandardOutput).Length);
        }
    }

    [Fact]
    public async Task A_lost_client_hangs_up_the_shell()
    {
        await using Room room = new(new ProcessRuntimeOptions { LostClient = LostClientPolicy.HangUp });
        string file = Path.GetTempFileName();
        await using TestClient client = room.Terminal(Size, "sh", "-c", $"trap 'echo hup > {file}; exit' HUP; echo ready; while :; do sleep 0.05; done");
        await client.SeeAsync("ready");

        client.Lose();

        Assert.False((await client.Status).IsSuccess);
        await Eventually.HoldsAsync(() => File.ReadAllText(file) == "hup\n", "the trap was run", cancellationToken: TestContext.Current.CancellationToken);
        File.Delete(file);
    }

    [Fact]
    public async Task A_shell_that_ignores_termination_is_gone_at_once_with_its_terminal()
    {
        await using Room room = new(new ProcessRuntimeOptions { Grace = TimeSpan.FromMinutes(1) });
        await using TestClient client = room.Terminal(Size, "bash", "--norc", "-i");
        await client.TypeAsync("echo pid=$$,\n");
        await client.SeeAsync("pid=");

        client.Lose();

        await client.Status.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Without_input_asked_for_the_terminal_has_no_end_of_input()
    {
        await using Room room = new();
        await using TestClient client = room.Exec(
            new RemoteCommandRequest { Command = ["sh", "-c", "timeout 0.3 cat; echo code=$?"], Stdout = true, Tty = true }, Size);

        await client.Status;

        Assert.Equal("code=124\r\n", await client.StandardOutput);
    }
}
