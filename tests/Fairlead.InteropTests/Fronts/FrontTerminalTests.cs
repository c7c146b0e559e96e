using System.Text;
using Fairlead.Containerd;
using Fairlead.Streaming.RemoteCommand;
using Fairlead.Testing.Containerd;
using Fairlead.Upgrades;
using Fairlead.Wire;

namespace Fairlead.InteropTests.Fronts;

/// <summary>Terminals and main processes of real containers, at a front before a kubelet.</summary>
public abstract class FrontTerminalTests(ContainerdFrontFixture fixture)
{
    /// <summary>Tells each size that its terminal gets, and each line that comes.</summary>
    const string TellsSizes = "trap 'stty size' WINCH; stty -echo; echo ready; while :; do if read -t 1 line; then echo got $line; [ \"$line\" = end ] && exit 3; fi; done";

    /// <summary>Also without a signal, which may come before anybody waits for it: nothing of a main process's beginning is seen by who joins.</summary>
    const string ShowsSizes = "trap 'stty size' WINCH; stty -echo; while :; do if read -t 1 line; then echo got $line; else stty size; fi; done";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000), MemberData(nameof(ContainerdFrontFixture.WaysAndTransports), MemberType = typeof(ContainerdFrontFixture))]
    public async Task A_commands_terminal_has_a_size_and_its_changes(StreamThrough way, Transport transport)
    {
        FrontDoor door = fixture.Door(way);
        using UpgradeDialer dialer = door.Dialer();
        await using AskingSession session = await door.ExecAsync(dialer, transport, fixture.Pod, TellsSizes, tty: true);
        using StreamReader output = new(session.StandardOutput.AsStream());
        await ExpectAsync(output, "ready");
        await session.ResizeAsync(new TerminalSize(97, 31), Ct);
        await ExpectAsync(output, "31 97");
        await session.ResizeAsync(new TerminalSize(80, 24), Ct);
        await ExpectAsync(output, "24 80");
        await session.StandardInput.WriteAsync("end\n"u8.ToArray(), Ct);
        await ExpectAsync(output, "got end");
        Assert.True((await session.Status.WaitAsync(Ct)).TryGetExitCode(out int code));
        Assert.Equal(3, code);
    }

    /// <summary>What is typed goes through the line discipline: Ctrl-C is a signal, and Ctrl-D the end of input.</summary>
    [Theory(Timeout = 60_000), MemberData(nameof(ContainerdFrontFixture.WaysAndTransports), MemberType = typeof(ContainerdFrontFixture))]
    public async Task What_is_typed_is_echoed_and_its_control_characters_mean_something(StreamThrough way, Transport transport)
    {
        FrontDoor door = fixture.Door(way);
        using UpgradeDialer dialer = door.Dialer();
        await using AskingSession session = await door.ExecAsync(
            dialer, transport, fixture.Pod, "trap 'echo interrupted' INT; echo ready; until read line; do :; done; echo read $line; tty >&2; cat; exit 5", tty: true);
        using StreamReader output = new(session.StandardOutput.AsStream());
        await ExpectAsync(output, "ready");
        await session.StandardInput.WriteAsync("\u0003"u8.ToArray(), Ct);
        await ExpectAsync(output, "interrupted");
        await session.StandardInput.WriteAsync("word\n"u8.ToArray(), Ct);
        await ExpectAsync(output, "read word");
        await ExpectAsync(output, "/dev/pts/"); // a terminal has one output
        await session.StandardInput.WriteAsync("\u0004"u8.ToArray(), Ct);
        Assert.True((await session.Status.WaitAsync(Ct)).TryGetExitCode(out int code));
        Assert.Equal(5, code);
    }

    [Theory(Timeout = 60_000), MemberData(nameof(ContainerdFrontFixture.WaysAndTransports), MemberType = typeof(ContainerdFrontFixture))]
    public async Task A_main_process_is_joined_left_and_joined_again(StreamThrough way, Transport transport)
    {
        FrontDoor door = fixture.Door(way);
        ContainerdPod pod = await RunAsync(
            new() { Name = $"joined-{way}-{transport}", Stdin = true, Command = ["sh", "-c", "while read line; do echo got $line; echo heard $line >&2; done"] });
        using UpgradeDialer dialer = door.Dialer();
        for (int round = 0; round < 3; round++)
        {
            await using AskingSession session = await door.AttachAsync(dialer, transport, pod);
            using StreamReader output = new(session.StandardOutput.AsStream()), error = new(session.StandardError.AsStream());
            await session.StandardInput.WriteAsync(Encoding.ASCII.GetBytes($"round {round}\n"), Ct);
            await ExpectAsync(output, $"got round {round}");
            await ExpectAsync(error, $"heard round {round}");
        }
    }

    [Theory(Timeout = 60_000), MemberData(nameof(ContainerdFrontFixture.WaysAndTransports), MemberType = typeof(ContainerdFrontFixture))]
    public async Task A_main_process_gets_its_whole_input_and_the_end_of_it(StreamThrough way, Transport transport)
    {
        const int Size = 4 << 20;
        FrontDoor door = fixture.Door(way);
        ContainerdPod pod = await RunAsync(new() { Name = $"counts-{way}-{transport}", Stdin = true, StdinOnce = true, Command = ["sh", "-c", "sha256sum; exit 4"] });
        using UpgradeDialer dialer = door.Dialer();
        await using AskingSession session = await door.AttachAsync(dialer, transport, pod);
        using RandomByteStream input = new(Size, seed: 3);
        await input.CopyToAsync(session.StandardInput.AsStream(leaveOpen: true), 1 << 16, Ct);
        await session.StandardInput.CompleteAsync();
        using StreamReader output = new(session.StandardOutput.AsStream());
        Assert.Equal(input.Sha256 + "  -\n", await output.ReadToEndAsync(Ct));
        await session.Status.WaitAsync(Ct);
    }

    [Theory(Timeout = 60_000), MemberData(nameof(ContainerdFrontFixture.WaysAndTransports), MemberType = typeof(ContainerdFrontFixture))]
    public async Task A_main_processs_terminal_follows_the_size_of_who_joins(StreamThrough way, Transport transport)
    {
        FrontDoor door = fixture.Door(way);
        ContainerdPod pod = await RunAsync(new() { Name = $"sized-{way}-{transport}", Stdin = true, Tty = true, Command = ["sh", "-c", ShowsSizes] });
        using UpgradeDialer dialer = door.Dialer();
        foreach ((ushort width, ushort height) in ((ushort, ushort)[])[(97, 31), (132, 50)])
        {
            await using AskingSession session = await door.AttachAsync(dialer, transport, pod, tty: true);
            using StreamReader output = new(session.StandardOutput.AsStream());
            await session.ResizeAsync(new TerminalSize((ushort)(width + 1), (ushort)(height + 1)), Ct); // as kubectl does, so that the screen is drawn anew
            await session.ResizeAsync(new TerminalSize(width, height), Ct);
            await ExpectAsync(output, $"{height} {width}");
            await session.StandardInput.WriteAsync(Encoding.ASCII.GetBytes($"width {width}\n"), Ct);
            await ExpectAsync(output, $"got width {width}");
        }
    }

    /// <summary>Reads to a line that holds what is waited for.</summary>
    static async Task ExpectAsync(StreamReader output, string line)
    {
        List<string> others = [];
        while (await output.ReadLineAsync(Ct) is { } next)
        {
            if (next.Contains(line, StringComparison.Ordinal)) return;
            others.Add(next);
        }

        Assert.Fail($"The output ended without \"{line}\": {string.Join('|', others)}");
    }

    async Task<ContainerdPod> RunAsync(ContainerdPodOptions options) =>
        await fixture.Containerd.RunPodAsync(options with { Name = options.Name.ToLowerInvariant() }, Ct);
}

/// <summary>With containerd 1.6.</summary>
public sealed class Containerd16FrontTerminalTests(ContainerdFrontFixture fixture) : FrontTerminalTests(fixture), IClassFixture<ContainerdFrontFixture>;

/// <summary>With containerd 1.7.</summary>
public sealed class Containerd17FrontTerminalTests(ContainerdFrontFixture17 fixture) : FrontTerminalTests(fixture), IClassFixture<ContainerdFrontFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class Containerd2FrontTerminalTests(ContainerdFrontFixture2 fixture) : FrontTerminalTests(fixture), IClassFixture<ContainerdFrontFixture2>;
