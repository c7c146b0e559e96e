using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fairlead.Containerd;
using Fairlead.Containerd.Cri;
using Fairlead.Node;
using Fairlead.Testing.Containerd;
using Fairlead.Wire;
using Grpc.Core;

namespace Fairlead.InteropTests;

/// <summary>Streams of real containers by the URLs that the CRI proxy gives out, native and through the runtime, to every client, with each version of the runtime.</summary>
public abstract class CriProxyStreamsTests(CriProxyFixture fixture)
{
    /// <summary>Each way with each client that needs nothing of an API server but the pod.</summary>
    public static TheoryData<StreamThrough, string> WaysAndClients { get; } = new(
        from way in NodeFixture.Ways.Select(row => row.Data) from client in (string[])[CommandLineClient.Fairlead, CommandLineClient.FairleadSpdy] select (way, client));

    /// <summary>The others.</summary>
    public static TheoryData<StreamThrough, string> WaysAndKubectls { get; } = new(
        from way in NodeFixture.Ways.Select(row => row.Data) from client in (string[])[Peer.KubectlSpdy, Peer.KubectlStable, Peer.KubectlNewest] select (way, client));

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(WaysAndClients))]
    public async Task Input_ends_and_codes_come_back(StreamThrough way, string name)
    {
        await using PodsApiFront front = fixture.Front(way);
        CommandLineClient client = Clients.Require(name);
        string kubeconfig = front.WriteKubeconfig();
        RunResult counted = await RunningProcess.RunAsync(
            client.Program, [.. client.Exec(kubeconfig, ["-i"], "sh", "-c", "wc -c; echo warned >&2; exit 7")], new byte[100_000], new() { Environment = client.Environment(kubeconfig) }, Ct);

        Assert.Equal("100000\n", counted.Stdout);
        Assert.Contains("warned", counted.Stderr, StringComparison.Ordinal);
        Assert.Null(client.WhyNotAsMeant(counted.Stderr));
        Assert.Equal(7, counted.ExitCode);
    }

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(WaysAndKubectls))]
    public async Task Every_kubectl_reaches_it_through_what_stands_for_a_kubelet(StreamThrough way, string name)
    {
        CommandLineClient client = Clients.Require(name);
        fixture.Runtime(way);
        string kubeconfig = Path.Combine(fixture.Containerd.Folder.Root, $"kubeconfig-{way}-{name}");
        await using NodeServer node = await fixture.StartNodeAsync(way, kubeconfig, Ct);
        RunResult counted = await RunningProcess.RunAsync(
            client.Program, client.Exec(kubeconfig, ["-i"], "sh", "-c", "wc -c; exit 7"), new byte[100_000], new() { Environment = client.Environment(kubeconfig) }, Ct);

        Assert.Equal("100000\n", counted.Stdout);
        Assert.Equal(7, counted.ExitCode);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(StreamThrough.Native, Transport.WebSocket)]
    [InlineData(StreamThrough.Native, Transport.Spdy)]
    [InlineData(StreamThrough.Cri, Transport.WebSocket)]
    [InlineData(StreamThrough.Cri, Transport.Spdy)]
    public async Task A_terminal_has_its_size_and_its_changes(StreamThrough way, Transport transport)
    {
        await using PodsApiFront front = fixture.Front(way);
        using StreamingClient client = StreamingClient.FromKubeconfig(front.WriteKubeconfig());
        await using RemoteProcess run = await client.ExecAsync(
            Reference(fixture.Pod), ["sh", "-c", "trap 'stty size' WINCH; echo ready; while :; do read -t 1 line && exit 3; done"], new() { Stdin = true, Tty = true, Transport = transport }, Ct);
        using StreamReader output = new(run.StandardOutput.AsStream());
        Assert.Equal("ready", await output.ReadLineAsync(Ct));
        await run.ResizeAsync(new TerminalSize(97, 31), Ct);
        Assert.Equal("31 97", await output.ReadLineAsync(Ct));
        await run.StandardInput.WriteAsync("\n"u8.ToArray(), Ct);

        Assert.Equal(3, (await run.WaitForExitAsync(Ct)).Code);
    }

    [Theory(Timeout = 300_000)]
    [InlineData(StreamThrough.Native, Transport.WebSocket)]
    [InlineData(StreamThrough.Native, Transport.Spdy)]
    [InlineData(StreamThrough.Cri, Transport.WebSocket)]
    [InlineData(StreamThrough.Cri, Transport.Spdy)]
    public async Task Much_arrives_whole_both_ways(StreamThrough way, Transport transport)
    {
        await using PodsApiFront front = fixture.Front(way);
        using StreamingClient client = StreamingClient.FromKubeconfig(front.WriteKubeconfig());
        await using RemoteProcess run = await client.ExecAsync(Reference(fixture.Pod), ["cat"], new() { Stdin = true, Transport = transport }, Ct);
        using RandomByteStream bytes = new((Repository.IsFull ? 256L : 64L) << 20, seed: 7);
        Task<byte[]> sum = SHA256.HashDataAsync(run.StandardOutput.AsStream(), Ct).AsTask();
        await bytes.CopyToAsync(run.StandardInput.AsStream(leaveOpen: true), Ct);
        await run.StandardInput.CompleteAsync();

        Assert.Equal(bytes.Sha256, Convert.ToHexStringLower(await sum));
        Assert.Equal(0, (await run.WaitForExitAsync(Ct)).Code);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(Transport.WebSocket)]
    [InlineData(Transport.Spdy)]
    public async Task A_forwarded_connection_has_an_end_for_each_direction(Transport transport)
    {
        (StreamingClient client, PodsApiFront front, ForwardedStream near, Socket far) = await ConnectAsync(StreamThrough.Native, transport);
        await using (front)
        using (client)
        using (far)
        await using (near)
        {
            await using NetworkStream pod = new(far);
            using RandomByteStream question = new(64 << 20, seed: 4);
            Task asking = AskAsync();
            ByteTally arrived = await ByteTally.OfAsync(pod, cancellationToken: Ct);
            await asking;
            Assert.Equal(new ByteTally(question.Length, question.Sha256), arrived);
            await Task.Delay(1500, Ct); // the runtime's own forwarding would have cut by now
            await pod.WriteAsync("answer"u8.ToArray(), Ct);
            far.Shutdown(SocketShutdown.Send);
            using StreamReader answer = new(near, leaveOpen: true);
            Assert.Equal("answer", await answer.ReadToEndAsync(Ct));

            async Task AskAsync()
            {
                await question.CopyToAsync(near, 1 << 16, Ct);
                await near.CompleteWritesAsync(Ct);
            }
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(Transport.WebSocket)]
    [InlineData(Transport.Spdy)]
    public async Task A_reset_arrives_as_a_reset(Transport transport)
    {
        (StreamingClient client, PodsApiFront front, ForwardedStream near, Socket far) = await ConnectAsync(StreamThrough.Native, transport);
        await using (front)
        using (client)
        await using (near)
        {
            far.LingerState = new LingerOption(true, 0);
            far.Dispose();
            await Assert.ThrowsAsync<ForwardResetException>(async () => await near.ReadExactlyAsync(new byte[1], Ct));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Ports_are_forwarded_through_the_runtime_too()
    {
        (StreamingClient client, PodsApiFront front, ForwardedStream near, Socket far) = await ConnectAsync(StreamThrough.Cri, Transport.WebSocket);
        await using (front)
        using (client)
        using (far)
        await using (near)
        {
            await near.WriteAsync("question"u8.ToArray(), Ct);
            await using NetworkStream pod = new(far);
            await pod.ReadExactlyAsync(new byte[8], Ct);
            await pod.WriteAsync("answer"u8.ToArray(), Ct);
            byte[] answer = new byte[6];
            await near.ReadExactlyAsync(answer, Ct);
            Assert.Equal("answer"u8.ToArray(), answer);
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(Transport.WebSocket)]
    [InlineData(Transport.Spdy)]
    public async Task A_main_process_is_joined_and_sees_the_end_of_input(Transport transport)
    {
        fixture.Runtime(StreamThrough.Cri);
        ContainerdPod pod = await fixture.Containerd.RunPodAsync(new() { Name = $"counts-{transport}".ToLowerInvariant(), Stdin = true, StdinOnce = true, Command = ["wc", "-c"] }, Ct);
        await using PodsApiFront front = fixture.Front(StreamThrough.Cri, pod);
        using StreamingClient client = StreamingClient.FromKubeconfig(front.WriteKubeconfig());
        await using RemoteProcess run = await client.AttachAsync(Reference(pod), new() { Stdin = true, Transport = transport }, Ct);
        await run.StandardInput.WriteAsync(new byte[12345], Ct);
        await run.StandardInput.CompleteAsync();

        Assert.Equal("12345\n", await run.StandardOutput.ReadToEndAsync(cancellationToken: Ct));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_URL_is_good_once_and_no_other_is()
    {
        RuntimeService.RuntimeServiceClient runtime = fixture.Runtime(StreamThrough.Native);
        ExecRequest request = new() { ContainerId = fixture.Pod.ContainerId, Cmd = { "true" }, Stdout = true };
        string url = (await runtime.ExecAsync(request, cancellationToken: Ct)).Url, other = (await runtime.ExecAsync(request, cancellationToken: Ct)).Url;
        Assert.NotEqual(url, other);
        Assert.Equal(IPAddress.Loopback.ToString(), new Uri(url).Host);

        string changed = other[..^5] + (other[^5] == 'A' ? 'B' : 'A') + other[^4..];
        Assert.Equal(HttpStatusCode.NotFound, await UpgradeAsync(changed));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync(url));
        Assert.Equal(HttpStatusCode.NotFound, await UpgradeAsync(url));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync(other));
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_wrong_with_a_call_is_said_as_the_runtime_says_it()
    {
        RuntimeService.RuntimeServiceClient proxied = fixture.Runtime(StreamThrough.Native), direct = fixture.Containerd.Runtime;
        ContainerdPod ended = await fixture.Containerd.RunPodAsync(new() { Name = "ended", Command = ["true"] }, Ct);
        await Eventually.HoldsAsync(() => direct.ContainerStatus(new() { ContainerId = ended.ContainerId }, cancellationToken: Ct).Status.FinishedAt > 0, "it has ended", cancellationToken: Ct);
        ExecRequest[] requests =
        [
            new() { ContainerId = "absent", Cmd = { "true" }, Stdout = true },
            new() { Cmd = { "true" }, Stdout = true },
            new() { ContainerId = fixture.Pod.ContainerId, Cmd = { "true" } },
            new() { ContainerId = fixture.Pod.ContainerId, Cmd = { "true" }, Stdout = true, Stderr = true, Tty = true },
            new() { ContainerId = ended.ContainerId, Cmd = { "true" }, Stdout = true },
        ];
        foreach (ExecRequest request in requests)
        {
            RpcException expected = await Assert.ThrowsAsync<RpcException>(async () => await direct.ExecAsync(request, cancellationToken: Ct));
            RpcException actual = await Assert.ThrowsAsync<RpcException>(async () => await proxied.ExecAsync(request, cancellationToken: Ct));
            Assert.Equal((expected.StatusCode, expected.Status.Detail), (actual.StatusCode, actual.Status.Detail));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_runtime_that_was_restarted_is_found_again()
    {
        await using PodsApiFront front = fixture.Front(StreamThrough.Native);
        using StreamingClient client = StreamingClient.FromKubeconfig(front.WriteKubeconfig());
        Assert.Equal(0, await RunAsync());
        await fixture.Containerd.RestartAsync(Ct);
        await Eventually.HoldsAsync(IsInitialized, "the runtime answers", cancellationToken: Ct); // it logs that it booted before it does
        Assert.NotEmpty((await fixture.Runtime(StreamThrough.Native).VersionAsync(new(), cancellationToken: Ct)).RuntimeVersion);
        Assert.Equal(0, await RunAsync());

        bool IsInitialized()
        {
            try
            {
                return fixture.Containerd.Runtime.Version(new(), cancellationToken: Ct).RuntimeVersion.Length > 0;
            }
            catch (RpcException)
            {
                return false;
            }
        }

        async Task<int> RunAsync()
        {
            await using RemoteProcess run = await client.ExecAsync(Reference(fixture.Pod), ["true"], new(), Ct);
            return (await run.WaitForExitAsync(Ct)).Code;
        }
    }

    /// <summary>The rig's pods have the host's network, so that the test itself listens.</summary>
    async Task<(StreamingClient Client, PodsApiFront Front, ForwardedStream Near, Socket Far)> ConnectAsync(StreamThrough way, Transport transport)
    {
        PodsApiFront front = fixture.Front(way);
        StreamingClient client = StreamingClient.FromKubeconfig(front.WriteKubeconfig());
        using LoopbackListener server = new();
        ForwardedStream near = await client.ConnectAsync(Reference(fixture.Pod), server.Port, new() { Transport = transport }, Ct);
        return (client, front, near, await server.AcceptAsync(Ct));
    }

    static PodReference Reference(ContainerdPod pod) => new(pod.Name, pod.Namespace, pod.Container);

    static async Task<HttpStatusCode> UpgradeAsync(string url)
    {
        using HttpMessageInvoker http = new(new SocketsHttpHandler { UseProxy = false });
        using HttpRequestMessage request = new(HttpMethod.Post, url);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("SPDY", "3.1"));
        request.Headers.Add("X-Stream-Protocol-Version", "v4.channel.k8s.io");
        using HttpResponseMessage response = await http.SendAsync(request, Ct);
        return response.StatusCode;
    }
}

/// <summary>With containerd 1.6, as the system's release has it.</summary>
public sealed class CriProxyStreamsOnContainerd16Tests(CriProxyFixture fixture) : CriProxyStreamsTests(fixture), IClassFixture<CriProxyFixture>;

/// <summary>With containerd 1.7.</summary>
public sealed class CriProxyStreamsOnContainerd17Tests(CriProxyFixture17 fixture) : CriProxyStreamsTests(fixture), IClassFixture<CriProxyFixture17>;

/// <summary>With containerd 2.</summary>
public sealed class CriProxyStreamsOnContainerd2Tests(CriProxyFixture2 fixture) : CriProxyStreamsTests(fixture), IClassFixture<CriProxyFixture2>;
