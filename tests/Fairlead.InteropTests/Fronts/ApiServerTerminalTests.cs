using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests.Fronts;

/// <summary>Terminals and main processes at a front before real containers, by the very bytes of API servers 1.36, 1.30 and 1.20.</summary>
public abstract class ApiServerTerminalTests(ContainerdFrontFixture fixture)
{
    const string TellsSizes =
        "trap 'stty size' WINCH; stty -echo; echo ready; while :; do if read -t 1 line; then echo got $line; [ \"$line\" = end ] && exit 3; fi; done";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000), MemberData(nameof(ApiServerRequest.Senders), MemberType = typeof(ApiServerRequest))]
    public async Task A_terminal_follows_its_sizes_and_the_code_comes_back(string sender)
    {
        await using RawCommand command = await RawCommand.StartAsync(fixture.Door(), sender, FrontDoor.Exec(fixture.Pod, TellsSizes, tty: true), tty: true);
        await command.ExpectAsync("ready");
        foreach ((int width, int height) in ((int, int)[])[(97, 31), (80, 24)])
        {
            await command.ResizeAsync(width, height);
            await command.ExpectAsync($"{height} {width}");
        }

        await command.TypeAsync("end\n");
        await command.ExpectAsync("got end");
        await command.ExpectAsync("\"reason\":\"ExitCode\",\"message\":\"3\"", channel: 3);
    }

    [Theory(Timeout = 60_000), MemberData(nameof(ApiServerRequest.Senders), MemberType = typeof(ApiServerRequest))]
    public async Task A_main_process_is_joined_left_and_joined_again(string sender)
    {
        FrontDoor door = fixture.Door();
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(
            new() { Name = $"joined-{Guid.NewGuid():N}", Stdin = true, Command = ["sh", "-c", "while read line; do echo got $line; echo heard $line >&2; done"] }, Ct);
        for (int round = 0; round < 2; round++)
        {
            foreach (int channel in (int[])[1, 2])
            {
                await using RawCommand joined = await RawCommand.StartAsync(
                    door, sender, $"/attach/{pod.Namespace}/{pod.Name}/{pod.Container}?error=1&input=1&output=1");
                await joined.TypeAsync($"round {round}\n");
                await joined.ExpectAsync($"{(channel == 1 ? "got" : "heard")} round {round}", channel);
            }
        }
    }
}

/// <summary>With containerd 1.6.</summary>
public sealed class Containerd16ApiServerTerminalTests(ContainerdFrontFixture fixture) : ApiServerTerminalTests(fixture), IClassFixture<ContainerdFrontFixture>;

/// <summary>With containerd 1.7.</summary>
public sealed class Containerd17ApiServerTerminalTests(ContainerdFrontFixture17 fixture) : ApiServerTerminalTests(fixture), IClassFixture<ContainerdFrontFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class Containerd2ApiServerTerminalTests(ContainerdFrontFixture2 fixture) : ApiServerTerminalTests(fixture), IClassFixture<ContainerdFrontFixture2>;
