using System.Net.Sockets;
using Fairlead.Testing.Containerd;

namespace Fairlead.InteropTests.Fronts;

/// <summary>Real kubectls at a front before real containers, by way of what passes their upgrades on as an API server 1.36 does.</summary>
public abstract class FrontKubectlTests(ContainerdFrontFixture fixture)
{
    static readonly int s_size = Repository.IsFull ? 300_000_000 : 8_000_000;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kubectls { get; } = [Peer.KubectlSpdy, Peer.KubectlStable, Peer.KubectlNewest];

    /// <summary>Of this a kubelet and containerd 1.6 deliver next to nothing, with exit code 0.</summary>
    [Theory(Timeout = 180_000), MemberData(nameof(Kubectls))]
    public async Task A_command_that_closes_its_output_first_gets_its_whole_input(string name)
    {
        string file = $"/tmp/{name}-{Guid.NewGuid():N}";
        byte[] input = new byte[s_size];
        new Random(4).NextBytes(input);
        await using PodsApiFront front = Front();
        RunResult sent = await RunAsync(front, name, ["-i"], input, $"exec cat >{file}");
        Assert.True(sent.ExitCode == 0, sent.ToString());
        RunResult counted = await RunAsync(front, name, [], null, $"wc -c <{file}; rm {file}");
        Assert.Equal($"{s_size}\n", counted.Stdout);
    }

    [Theory(Timeout = 120_000), MemberData(nameof(Kubectls))]
    public async Task Input_ends_and_codes_come_back(string name)
    {
        await using PodsApiFront front = Front();
        RunResult counted = await RunAsync(front, name, ["-i"], new byte[100_000], "wc -c; echo warned >&2; exit 7");
        Assert.Equal(("100000\n", 7), (counted.Stdout, counted.ExitCode));
        Assert.Contains("warned\n", counted.Stderr, StringComparison.Ordinal);
        Assert.Null(CommandLineClient.Find(name).WhyNotAsMeant(counted.Stderr));
    }

    /// <summary>The answer begins after the end of the question.</summary>
    [Theory(Timeout = 120_000), MemberData(nameof(Kubectls))]
    public async Task A_port_is_forwarded_and_each_direction_ends_for_itself(string name)
    {
        await using PodsApiFront front = Front();
        using LoopbackListener server = new();
        await using ForwardProcess forward = await ForwardProcess.StartAsync(Clients.Require(name), front.WriteKubeconfig(), ["pod/demo", $":{server.Port}"], cancellationToken: Ct);
        using Socket client = await forward.ConnectAsync(cancellationToken: Ct), far = await server.AcceptAsync(Ct);
        await using NetworkStream near = new(client), pod = new(far);
        using RandomByteStream question = new(8 << 20, seed: 3);
        Task asking = AskAsync();
        ByteTally arrived = await ByteTally.OfAsync(pod, cancellationToken: Ct);
        await asking;
        Assert.Equal(new ByteTally(question.Length, question.Sha256), arrived);
        await pod.WriteAsync("answer"u8.ToArray(), Ct);
        far.Shutdown(SocketShutdown.Send);
        using StreamReader answer = new(near, leaveOpen: true);
        Assert.Equal("answer", await answer.ReadToEndAsync(Ct));

        async Task AskAsync()
        {
            await question.CopyToAsync(near, 1 << 16, Ct);
            client.Shutdown(SocketShutdown.Send);
        }
    }

    PodsApiFront Front()
    {
        FrontDoor door = fixture.Door();
        return new PodsApiFront(fixture.Containerd, fixture.Pod) { Node = new NodeDoor(door.Room.Server.Url, door.ApiServer) };
    }

    static Task<RunResult> RunAsync(PodsApiFront front, string name, string[] flags, ReadOnlyMemory<byte>? input, string script)
    {
        CommandLineClient client = Clients.Require(name);
        string kubeconfig = front.WriteKubeconfig();
        return RunningProcess.RunAsync(client.Program, client.Exec(kubeconfig, flags, "sh", "-c", script), input, new() { Environment = client.Environment(kubeconfig) }, Ct);
    }
}

/// <summary>With containerd 1.6.</summary>
public sealed class Containerd16FrontKubectlTests(ContainerdFrontFixture fixture) : FrontKubectlTests(fixture), IClassFixture<ContainerdFrontFixture>;

/// <summary>With containerd 1.7.</summary>
public sealed class Containerd17FrontKubectlTests(ContainerdFrontFixture17 fixture) : FrontKubectlTests(fixture), IClassFixture<ContainerdFrontFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class Containerd2FrontKubectlTests(ContainerdFrontFixture2 fixture) : FrontKubectlTests(fixture), IClassFixture<ContainerdFrontFixture2>;
